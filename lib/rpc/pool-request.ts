import { PermissionDenied, ProtocolError, QubesException } from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';
import type { WantedPool } from '../model/pools/add-pool.ts';
import type { PoolDriver } from '../storage/storage.ts';

const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.';

/**
 * Reads what `admin.pool.Add` asks for.
 * @param untrustedDriver its argument
 * @param untrusted its payload: a line `key=value` for each option, `name` among them
 * @throws AdminError in the words of the reference
 */
export function parsePoolRequest(
  drivers: readonly PoolDriver[],
  untrustedDriver: string,
  untrusted: Uint8Array,
): WantedPool {
  const driver = drivers.find(({ name }) => name === untrustedDriver);
  if (driver === undefined) throw new PermissionDenied("Argument not in 'available drivers'");
  const { name, ...rest } = parseOptions(untrusted);
  const options = new Map(Object.entries(rest));
  requireOptions(driver, options);
  return { name: parseName(name), driver, options };
}

type Options = Readonly<Record<string, string>> & { readonly name: string };

/** @throws ProtocolError */
function parseOptions(untrusted: Uint8Array): Options {
  const text = decodeAscii(untrusted);
  if (text === undefined) refuse('Pool parameters contains non-ASCII characters');
  const pairs = text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(parsePair);
  const { name, ...rest } = Object.fromEntries(pairs);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) refuse('Options must be unique');
  if (name === undefined) refuse('Pool configuration must contain key: name');
  return { ...rest, name };
}

function parsePair(line: string): [key: string, value: string] {
  const [, key, value] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
  if (key === undefined || value === undefined) refuse('Options must be separated by equal sign');
  // They go into the store, which holds nothing else.
  if (!/^[\x20-\x7e]*$/.test(line)) refuse('Options must be printable');
  return [key, value];
}

function parseName(untrusted: string): string {
  if (/^[a-zA-Z0-9_.-]+$/.test(untrusted)) return untrusted;
  return refuse(`Pool name must be in safe set: ${NAME_CHARACTERS}`);
}

function requireOptions(driver: PoolDriver, options: ReadonlyMap<string, string>): void {
  for (const key of options.keys()) {
    if (!driver.options.includes(key)) refuse('Unexpected driver options found');
  }
  const missing = driver.required.filter((key) => !options.has(key));
  if (missing.length === 0) return;
  throw new QubesException(`missing required driver options: ${missing.join(' ')}`);
}

function refuse(reason: string): never {
  throw new ProtocolError(reason);
}
