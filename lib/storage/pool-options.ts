import { isAbsolute, normalize } from 'node:path';

import { ProtocolError, QubesException, QubesValueError } from '../base/admin-error.ts';
import { parseBoolean } from '../base/parse-boolean.ts';
import { pythonRepr } from '../base/python-text.ts';

export const DEFAULT_REVISIONS = '1';

/** What a driver takes for an option, and what it makes of it for the store. */
export interface PoolOption {
  readonly name: string;
  readonly required?: true;
  /** In the store when it was not given. */
  readonly default?: string;
  /** Asked for once, at the beginning, and not kept. */
  readonly passing?: true;
  /** @throws QubesValueError */
  read(untrusted: string): string;
}

export const revisionsToKeep: PoolOption = {
  name: 'revisions_to_keep',
  default: DEFAULT_REVISIONS,
  read: (untrusted) => {
    if (/^(-1|\d{1,9})$/.test(untrusted)) return String(Number(untrusted));
    throw new QubesValueError(`Invalid value for revisions_to_keep: ${pythonRepr(untrusted)}`);
  },
};

export const ephemeralVolatile: PoolOption = {
  name: 'ephemeral_volatile',
  default: 'False',
  read: printBoolean,
};

export const setupCheck: PoolOption = { name: 'setup_check', passing: true, read: printBoolean };

export const dirPath: PoolOption = {
  name: 'dir_path',
  required: true,
  read: (untrusted) => {
    if (!isAbsolute(untrusted) || untrusted.includes('\0')) {
      throw new QubesValueError(`dir_path must be an absolute path: ${pythonRepr(untrusted)}`);
    }
    const path = normalize(untrusted);
    return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  },
};

/**
 * The options of a new pool as the store keeps them.
 * @throws ProtocolError for one that the driver does not know
 * @throws QubesException for one that is missing or cannot be read
 */
export function readOptions(
  driver: string,
  known: readonly PoolOption[],
  untrusted: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if ([...untrusted.keys()].some((key) => !known.some(({ name }) => name === key))) {
    throw new ProtocolError('Unexpected driver options found');
  }
  const missing = requiredOf(known).filter((name) => !untrusted.has(name));
  if (missing.length > 0) {
    throw new QubesException(`missing required driver options: ${missing.join(' ')}`);
  }
  const read = known.flatMap((option): [string, string][] => {
    const given = untrusted.get(option.name);
    const value = given === undefined ? option.default : option.read(given);
    return value === undefined || option.passing ? [] : [[option.name, value]];
  });
  return inOrderOfStore(new Map([...read, ['driver', driver]]));
}

export function requiredOf(known: readonly PoolOption[]): readonly string[] {
  return known.filter(({ required }) => required).map(({ name }) => name);
}

/** Where the volumes are stands before the driver, how they are kept after it. */
function inOrderOfStore(config: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const order = ['dir_path', 'volume_group', 'thin_pool', 'driver'];
  const placeOf = (key: string): number => {
    const place = order.indexOf(key);
    return place < 0 ? order.length : place;
  };
  return new Map([...config].sort(([one], [other]) => placeOf(one) - placeOf(other)));
}

function printBoolean(untrusted: string): string {
  return parseBoolean(untrusted) ? 'True' : 'False';
}
