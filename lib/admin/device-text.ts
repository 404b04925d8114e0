import { UsageError } from '../base/errors.ts';
import { replyLines, unreadable } from './reply-text.ts';

/** A device as lists and arguments of calls name it. */
export interface DeviceName {
  /** Qube it is plugged into. */
  readonly backend: string;
  /** Where, in the words of its class: `sda1`; `*` for wherever. */
  readonly port: string;
  /** What it is: `0x8086:0xa36d::p0c0330`; `*` for whatever is at the port. */
  readonly id: string;
}

/** A line of a list of devices. */
export interface DeviceLine extends DeviceName {
  /** What the line says of it: `name`, `vendor`, `mode`… */
  readonly facts: ReadonlyMap<string, string>;
  /** What its class adds, or how it is attached: `read-only`. */
  readonly options: ReadonlyMap<string, string>;
}

const PAIR = /([a-zA-Z_][a-zA-Z0-9_-]*)='((?:[^'\\]|\\.)*)'(?: |$)/y;

/**
 * Reads a list of devices: `KEY name='value' _option='value'`, one a line.
 * @throws NeedsError
 */
export function parseDevices(method: string, untrustedText: string): readonly DeviceLine[] {
  return replyLines(untrustedText).map((untrustedLine) => {
    const gap = untrustedLine.indexOf(' ');
    const facts = new Map<string, string>();
    const options = new Map<string, string>();
    for (const [key, value] of pairs(method, untrustedLine.slice(gap + 1))) {
      if (key.startsWith('_')) options.set(key.slice(1), value);
      else facts.set(key, value);
    }
    const backend = facts.get('backend_domain');
    const port = facts.get('port_id');
    const id = facts.get('device_id');
    if (gap < 0 || backend === undefined || port === undefined || id === undefined) {
      throw unreadable(method, untrustedLine);
    }
    return { backend, port, id, facts, options };
  });
}

function* pairs(method: string, untrusted: string): Generator<[string, string]> {
  let at = 0;
  while (at < untrusted.length) {
    PAIR.lastIndex = at;
    const [whole, key = '', value = ''] = PAIR.exec(untrusted) ?? [];
    if (whole === undefined) throw unreadable(method, untrusted);
    yield [key, value.replaceAll("\\'", "'")];
    at += whole.length;
  }
}

/** An interface of which nothing is known, in what identifies a device. */
const UNKNOWN_INTERFACE = '?******';

/**
 * A device as the argument of a call. What qrexec would not carry is written as the daemon reads it:
 * `+` for `:`, `_` for `*`.
 */
export function deviceArgument({ backend, port, id }: DeviceName): string {
  return `${backend}+${port}+${id}`
    .replaceAll(':', '+')
    .replaceAll(UNKNOWN_INTERFACE, '_'.repeat(UNKNOWN_INTERFACE.length))
    .replaceAll('*', '_');
}

/**
 * How a device is to be used, as a payload.
 * @throws UsageError when a value cannot be carried
 */
export function useText(
  { backend, port, id }: DeviceName,
  deviceClass: string,
  mode: string,
  options: ReadonlyMap<string, string>,
): string {
  const facts: readonly (readonly [string, string])[] = [
    ['device_id', id],
    ['port_id', port],
    ['devclass', deviceClass],
    ['backend_domain', backend],
    ['mode', mode],
    ...[...options].map(([key, value]) => [`_${key}`, value] as const),
  ];
  return facts.map(([key, value]) => `${key}=${quoted(key, value)}`).join(' ');
}

function quoted(key: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new UsageError(`Cannot use that ${key}: it holds more than printable ASCII`);
  }
  return `'${value.replaceAll("'", "\\'")}'`;
}
