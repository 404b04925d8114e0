/** Name of a qube: at most 31 characters; the rule of the Admin API. */
export const QUBE_NAME = '[A-Za-z][A-Za-z0-9_.-]{0,30}';

/** Name of dom0's user, as Linux takes it. */
const USER_NAME = '[A-Za-z_][A-Za-z0-9_.-]{0,31}';

/**
 * Folders of qubes: `vmN` by the qube's number; in unencrypted archives of formats 2 and 3 the
 * place of the qube below the data folder of that time.
 */
export const QUBE_FOLDER = `vm[1-9][0-9]{0,8}|(?:appvms|vm-templates|servicevms)/${QUBE_NAME}`;

/** dom0's home: folder and only file in one. */
export const HOME_FOLDER = `dom0-home/${USER_NAME}`;
