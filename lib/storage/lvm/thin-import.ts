import { execa } from 'execa';

import { StoragePoolException } from '../../base/admin-error.ts';
import type { Volume } from '../storage.ts';
import { noImport, noRevision, notImportable, notSaved } from '../volume-errors.ts';
import type { Lvm } from './lvm.ts';
import { LvmError } from './lvm-error.ts';
import { commit, isDirty } from './thin.ts';
import type { Thin } from './thin.ts';

/** @throws StoragePoolException while another import is under way */
export async function requireNoImport(lvm: Lvm, { names }: Thin): Promise<void> {
  if (!(await lvm.list()).has(names.import)) return;
  throw new StoragePoolException(`Import operation in progress on ${names.vid}`);
}

/** @throws StoragePoolException */
export async function requireImportable(lvm: Lvm, thin: Thin): Promise<void> {
  const { facts, names } = thin;
  if (!facts.saveOnStop) throw notSaved('import data', names.vid);
  if (await isDirty(lvm, thin)) throw notImportable(names.vid);
  await requireNoImport(lvm, thin);
}

/** @returns path of the device to write to */
export async function beginImport(lvm: Lvm, thin: Thin, bytes: number): Promise<string> {
  await requireImportable(lvm, thin);
  await lvm.create(thin.place, thin.names.import, bytes);
  return `/dev/${thin.names.import}`;
}

export async function endImport(lvm: Lvm, thin: Thin, success: boolean): Promise<void> {
  const { names } = thin;
  if (!(await lvm.list()).has(names.import)) {
    throw noImport(names.vid);
  }
  if (success) await commit(lvm, thin, names.import);
  else await lvm.remove(names.import);
}

/** Takes over the saved content of a volume of another pool. */
export async function copyFrom(lvm: Lvm, thin: Thin, from: Volume): Promise<void> {
  const path = await beginImport(lvm, thin, await from.size());
  try {
    const source = await from.export();
    try {
      await copySparse(source, path);
    } finally {
      await from.exportEnd(source);
    }
  } catch (error) {
    await endImport(lvm, thin, false);
    throw error;
  }
  await endImport(lvm, thin, true);
}

/** Lets a revision become what is saved; what was saved becomes one. */
export async function revertThin(lvm: Lvm, thin: Thin, revision?: string): Promise<void> {
  const { names } = thin;
  if (await isDirty(lvm, thin)) {
    throw new StoragePoolException(`Cannot revert dirty volume ${names.vid}, stop the qube first`);
  }
  await requireNoImport(lvm, thin);
  const kept = names.revisions(await lvm.list());
  const wanted = revision === undefined ? kept.at(-1) : kept.find(({ id }) => id === revision);
  if (wanted === undefined) throw noRevision(names.vid, revision);
  await lvm.clone(names.revision(wanted.id), names.import);
  await commit(lvm, thin, names.import);
}

/** Copies into a new thin volume, where what was never written takes no space. */
async function copySparse(from: string, to: string): Promise<void> {
  const operands = [`if=${from}`, `of=${to}`, 'conv=sparse,nocreat,fsync', 'bs=128K'];
  const { failed, stderr } = await execa('dd', [...operands, 'status=none'], {
    stdin: 'ignore',
    reject: false,
  });
  if (failed) throw new LvmError(stderr.trim() || 'the program dd failed or is missing');
}
