import { AdminError } from '../../base/admin-error.ts';
import { printable } from '../../base/printable.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';

/** More devices than this are the doing of a qube gone mad: each of them is told to everybody. */
const MAX_DEVICES = 256;

/** What a running qube says of each of its devices: untrusted values by their untrusted names. */
export type ExposedEntries = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/**
 * Reads what a qube says of its devices in its QubesDB.
 * @param folder in the database: `/qubes-block-devices`
 * @param accepted form that a name of a device must have; others are left out, with a word in the log
 */
export async function readExposedEntries(
  qube: Qube,
  folder: string,
  accepted: RegExp,
): Promise<ExposedEntries> {
  const found = new Map<string, Map<string, Uint8Array>>();
  const refused = new Set<string>();
  for (const [untrustedPath, untrustedValue] of await readFolder(qube, folder)) {
    const [untrustedName = '', key] = untrustedPath.slice(folder.length + 1).split('/');
    const device = found.get(untrustedName);
    if (!accepted.test(untrustedName)) refused.add(untrustedName);
    else if (key === undefined) continue;
    else if (device !== undefined) device.set(key, untrustedValue);
    else if (found.size < MAX_DEVICES) found.set(untrustedName, new Map([[key, untrustedValue]]));
    else refused.add(untrustedName);
  }
  const [one] = refused;
  if (one !== undefined) {
    qube.system.log.warn(
      `${qube.name} has ${refused.size} devices in ${folder} that are skipped: ` +
        `too many, or with unsafe characters in their names, such as ${printable(one)}`,
    );
  }
  return found;
}

/** A qube whose database cannot be read has no devices: it may just be stopping. */
async function readFolder(qube: Qube, folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!isRunning(qube)) return new Map();
  try {
    const database = await qube.system.qubesdb.open(qube.name);
    try {
      return (await database?.multiread(`${folder}/`)) ?? new Map<string, Uint8Array>();
    } finally {
      await database?.close();
    }
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    qube.system.log.warn(`The devices of ${qube.name} cannot be read: ${error.message}`);
    return new Map();
  }
}

/** Text of an untrusted value: what is not ASCII is left out, what is not among the safe becomes `_`. */
export function safeText(untrusted: Uint8Array | undefined, unsafe: RegExp): string {
  const ascii = [...(untrusted ?? [])].filter((byte) => byte < 0x80);
  return String.fromCharCode(...ascii).replace(unsafe, '_');
}
