import { readFile } from 'node:fs/promises';

import type { AdminClient } from '../../../admin/client.ts';
import { diskError } from '../../../base/disk-error.ts';
import { embeddedDoors } from '../../embedded-doors.ts';
import { adoptStore, createStore } from '../../../model/store/create-store.ts';
import { installPolicy } from '../install-policy.ts';
import { installServices } from '../install-services.ts';
import type { RequestFor } from '../rpc-request.ts';
import type { RpcScreen } from '../rpc-screen.ts';
import { makeSample } from '../sample.ts';

/**
 * `init`: makes an embedded system.
 * @param root its folder, absolute
 * @param client of its host, which is started when it is called
 */
export async function initSystem(
  { from, sample }: RequestFor<'init'>,
  root: string,
  client: AdminClient,
  screen: RpcScreen,
): Promise<void> {
  if (from === undefined) await createStore(root, embeddedDoors(root));
  else await adoptStore(root, await untrustedStore(from), embeddedDoors(root));
  await installServices(root);
  await installPolicy(root);
  if (sample) await makeSample(root, client);
  await screen.done({ type: 'done', command: 'init', root }, `There is a system in ${root} now.`);
}

async function untrustedStore(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw diskError(error, 'read', path);
  }
}
