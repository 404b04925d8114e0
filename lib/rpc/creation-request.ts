import { ProtocolError } from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';
import { RESTORING } from '../base/restore-tags.ts';
import { parseNewLabelName } from '../model/labels.ts';
import { parseQubeName } from '../model/qube-name.ts';

const VOLUMES = ['root', 'private', 'volatile', 'kernel'];

/** What a caller of `admin.vm.Create` asks for; whether label and pools exist is not yet known. */
export interface CreationRequest {
  readonly name: string;
  readonly label: string;
  /** For all volumes that can be anywhere. */
  readonly pool: string | undefined;
  /** By the name of the volume. */
  readonly pools: ReadonlyMap<string, string>;
  /** Whether it is created to be restored: it has the tag of that from its first moment on. */
  readonly restoring: boolean;
}

/**
 * Reads `name=work label=red`, in any order, and where pools may be chosen `pool=POOL` or
 * `pool:VOLUME=POOL`; besides `tag=backup-restore-in-progress`. No other tag: which tags a qube may
 * give away policy says of `admin.vm.tag.Set`.
 * @throws AdminError in the words of the reference
 */
export function parseCreationRequest(untrusted: Uint8Array, withPools: boolean): CreationRequest {
  const options = new Map<string, string>();
  for (const [key, untrustedValue] of splitOptions(untrusted)) {
    if (options.has(key)) throw new ProtocolError(notUnique(key));
    options.set(key, parseOption(key, untrustedValue, withPools));
  }
  const pools = [...options]
    .filter(([key]) => key.startsWith('pool:'))
    .map(([key, pool]) => [key.slice('pool:'.length), pool] as const);
  const request = {
    name: required(options, 'name'),
    label: required(options, 'label'),
    pool: options.get('pool'),
    pools: new Map(pools),
    restoring: options.has('tag'),
  };
  if (request.pool !== undefined && pools.length > 0) {
    throw new ProtocolError("Conflicting options specified: 'pool=', 'pool:volume='");
  }
  return request;
}

function splitOptions(untrusted: Uint8Array): readonly (readonly [key: string, value: string])[] {
  const text = decodeAscii(untrusted);
  if (text === undefined) throw new ProtocolError('Parameters contains non-ASCII characters');
  if (text === '') return [];
  return text.split(' ').map((option) => {
    const sign = option.indexOf('=');
    if (sign < 0) throw new ProtocolError('Options must be separated by equal sign');
    return [option.slice(0, sign), option.slice(sign + 1)];
  });
}

function parseOption(key: string, untrustedValue: string, withPools: boolean): string {
  if (key === 'name') return parseQubeName(untrustedValue);
  if (key === 'label') return parseNewLabelName(untrustedValue);
  if (key === 'tag') {
    if (untrustedValue === RESTORING) return untrustedValue;
    throw new ProtocolError(`The only tag to create a qube with is ${RESTORING}`);
  }
  const isPool = key === 'pool' || key.startsWith('pool:');
  if (!isPool) throw new ProtocolError('Options does not match: name, label, pool, pool:');
  if (!withPools) throw new ProtocolError("Pool option specified but 'allow_pool' is False");
  if (key !== 'pool' && !VOLUMES.includes(key.slice('pool:'.length))) {
    throw new ProtocolError(`Volume must be one of: ${VOLUMES.join(', ')}`);
  }
  return untrustedValue;
}

function notUnique(key: string): string {
  return key.startsWith('pool') ? `Option '${key}' must be unique` : 'Options must be unique';
}

function required(options: ReadonlyMap<string, string>, key: string): string {
  const value = options.get(key);
  if (value === undefined) throw new ProtocolError(`Creation requested without key: ${key}`);
  return value;
}
