import type { AdminClient } from '../../admin/client.ts';
import { AdminError, QubesVMNotStartedError } from '../../base/admin-error.ts';
import { NeedsError, UsageError } from '../../base/errors.ts';
import { RESTORING } from '../../base/restore-tags.ts';
import { DISPOSABLE, SANDBOX_TAG, TAG_CREATED } from './names.ts';
import { unlessGone, untag } from './tagged-qubes.ts';

/**
 * The template of disposables that the system has for work of this kind.
 * @throws NeedsError when it has none
 */
export async function managementTemplate(client: AdminClient): Promise<string> {
  const { value } = await client.system.get('management_dispvm');
  if (value !== '') return value;
  throw new NeedsError('There is no template for the disposable to restore in', {
    hint: 'Set the global property management_dispvm.',
  });
}

/** Makes the disposable, without rights and halted; what it creates will be marked. */
export async function createDisposable(client: AdminClient, template: string): Promise<void> {
  await client.create({ name: DISPOSABLE, class: 'DispVM', label: 'red', template });
  const { properties, features } = client.qube(DISPOSABLE);
  await properties.set('auto_cleanup', 'True');
  // Whoever breaks out of the parser cannot send anywhere what is in the backup, nor have another
  // disposable do that: usual policy lets any qube call `@dispvm`.
  for (const name of ['netvm', 'default_dispvm']) await properties.set(name, '');
  await features.set(TAG_CREATED, RESTORING);
}

/**
 * Takes the rights of the disposable, ends and removes it; also where it is in none of these states.
 * @throws UsageError when a qube of that name is none of ours
 */
export async function removeDisposable(client: AdminClient): Promise<void> {
  const found = (await client.list()).find(({ name }) => name === DISPOSABLE);
  if (found === undefined) return;
  if (found.class !== 'DispVM') {
    throw new UsageError(`The qube ${DISPOSABLE} is no disposable, but its name is needed`, {
      hint: 'Rename it.',
    });
  }
  const qube = client.qube(DISPOSABLE);
  await untag(client, DISPOSABLE, SANDBOX_TAG);
  try {
    await unlessGone(qube.kill());
  } catch (error) {
    if (!(error instanceof QubesVMNotStartedError)) throw error;
  }
  try {
    await unlessGone(qube.remove());
  } catch (error) {
    if (!(error instanceof AdminError) || (await isThere(client))) throw error;
  }
}

/** One that was killed removes itself; that may come in the middle of being removed. */
async function isThere(client: AdminClient): Promise<boolean> {
  return (await client.list()).some(({ name }) => name === DISPOSABLE);
}
