import { cp, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { diskError } from '../../base/disk-error.ts';

/**
 * Gives an embedded system the policy files that belong to this program, in its `policy.d/`.
 * @throws NeedsError when the disk refuses
 */
export async function installPolicy(root: string): Promise<void> {
  const folder = join(root, 'policy.d');
  try {
    await cp(await realpath(shippedPolicy()), folder, { recursive: true, filter: isPolicy });
  } catch (error) {
    throw diskError(error, 'install the policy in', folder);
  }
}

/** Beside a program that is installed, perhaps as a link; in a checkout, where it is written. */
function shippedPolicy(): string {
  const here = import.meta.filename;
  const up = here.endsWith('.cjs') ? [] : ['..', '..'];
  return join(dirname(here), '..', ...up, 'policy');
}

function isPolicy(path: string): boolean {
  return !path.endsWith('.md');
}
