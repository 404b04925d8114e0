import { QubesException, QubesNotImplementedError } from '../base/admin-error.ts';
import { QubesRpcError } from '../base/errors.ts';
import type { App } from './app.ts';
import { withLockedQube } from './locked-qube.ts';
import { cleanNotes } from './notes.ts';
import type { Qube } from './qube.ts';

const FILE = 'notes.txt';

/**
 * What people have noted about a qube; undefined when that is nothing.
 * @throws QubesNotImplementedError for a qube of another machine
 * @throws QubesException when the disk refuses
 */
export function readNotes({ storage }: App, qube: Qube): Promise<string | undefined> {
  const folder = folderOf(qube);
  return withDiskErrors('read', () => storage.readText(folder, FILE));
}

/**
 * Replaces the notes about a qube, on disk too.
 * @param untrusted UTF-8
 * @throws ProtocolError when it is not; others as `readNotes`
 */
export async function writeNotes(app: App, qube: Qube, untrusted: Uint8Array): Promise<void> {
  const folder = folderOf(qube);
  const notes = cleanNotes(untrusted);
  // Once it is removed its folder is not to come back.
  await withLockedQube(qube, () =>
    withDiskErrors('save', () => app.storage.writeText(folder, FILE, notes)),
  );
}

function folderOf({ folder, className }: Qube): string {
  if (folder !== undefined) return folder;
  throw new QubesNotImplementedError(`There are no notes about a ${className}`);
}

async function withDiskErrors<Result>(verb: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QubesRpcError)) throw error;
    throw new QubesException(`Cannot ${verb} the notes: ${error.message}`, { cause: error });
  }
}
