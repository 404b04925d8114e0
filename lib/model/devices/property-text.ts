import { ProtocolError } from '../../base/admin-error.ts';

/** What is never part of a key: it would end it. */
const KEY = /^[!#-&(-<>-_a-~]{1,255}$/;

/** One property and the space before it; a value ends where another property or the end follows. */
const PROPERTY = / *([!#-&(-<>-_a-~]{1,255})='((?:[^']|\\')*?)'(?= +[!#-&(-<>-_a-~]{1,255}='| *$)/y;

/**
 * One property of a device as the Admin API writes it: `name='it\'s'`. What is not printable ASCII
 * becomes `_`.
 */
export function printDeviceProperty(key: string, value: string): string {
  const name = KEY.test(key) ? key : key.replace(/[^!#-&(-<>-_a-~]/g, '_').slice(0, 255);
  return `${name}='${value.replace(/[^\x20-\x7e]/g, '_').replaceAll("'", "\\'")}'`;
}

/**
 * Reads properties back: `mode='required' _read-only='yes'`.
 * @throws ProtocolError when they have not that form, or a name comes twice
 */
export function parseDeviceProperties(untrusted: string): ReadonlyMap<string, string> {
  if (!/^[\x20-\x7e]*$/.test(untrusted)) {
    throw new ProtocolError('Invalid chars in device properties: only printable ASCII is allowed');
  }
  const found = new Map<string, string>();
  const text = untrusted.trim();
  let at = 0;
  while (at < text.length) {
    PROPERTY.lastIndex = at;
    const [all, key = '', value = ''] = PROPERTY.exec(text) ?? [];
    if (all === undefined) {
      throw new ProtocolError("Device properties must be given as name='value', between spaces");
    }
    if (found.has(key)) throw new ProtocolError(`Device property ${key} is given twice`);
    found.set(key, value.replaceAll("\\'", "'"));
    at += all.length;
  }
  return found;
}
