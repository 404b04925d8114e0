// The names that policy, the daemon and the stock tools know this way of restoring by. Only one
// restore goes on at a time, so they are constant.

/** The disposable in which the archive is parsed. */
export const DISPOSABLE = 'disp-backup-restore';

/** Tag of that disposable: policy gives its rights to whoever has it. */
export const SANDBOX_TAG = 'backup-restore-mgmt';

/** Tag of the qube that has the archive: the disposable may read a registered location there. */
export const STORAGE_TAG = 'backup-restore-storage';

/** What the daemon notes on every qube that the disposable creates. */
export const CREATED_TAG = `created-by-${DISPOSABLE}`;

/** Feature of a creator: the tags its qubes get as they are made. */
export const TAG_CREATED = 'tag-created-vm-with';
