import { StoragePoolException } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';

/* What cannot be done to volumes, whatever the driver. */

export function readOnly(vid: string): StoragePoolException {
  return new StoragePoolException(`Cannot resize: ${vid} is read-only`);
}

/** @param doing `export`, `import data` */
export function notSaved(doing: string, vid: string): StoragePoolException {
  return new StoragePoolException(`Cannot ${doing}: ${vid} is not save_on_stop`);
}

/** The next start would go on with what the last run left, and save that instead. */
export function notImportable(vid: string): StoragePoolException {
  return new StoragePoolException(`Cannot import data to dirty volume ${vid}, stop the qube first`);
}

export function noImport(vid: string): StoragePoolException {
  return new StoragePoolException(`No import operation in progress on ${vid}`);
}

export function noRevision(vid: string, revision: string | undefined): StoragePoolException {
  return new StoragePoolException(
    `Cannot revert: ${vid} has no revision ${revision ?? 'to go back to'}`,
  );
}

export function noSource(volume: string): StoragePoolException {
  return new StoragePoolException(
    `snap_on_start specified on ${pythonRepr(volume)} but no volume source set`,
  );
}
