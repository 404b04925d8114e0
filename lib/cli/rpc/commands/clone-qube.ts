import { cloneQube } from '../../../admin/clone-qube.ts';
import { RefusedError } from '../../../base/errors.ts';
import { chosenPools } from '../chosen-pools.ts';
import { formatSize } from '../../../base/size.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `clone`: a qube like another, or none at all. */
export async function cloneNamed(
  { from, name, class: className, pool, ignoreErrors }: RequestFor<'clone'>,
  { client, undo, screen }: RpcDoors,
): Promise<void> {
  const wanted = { from, name, class: className, ...chosenPools(pool) };
  await cloneQube(client, undo, wanted, {
    // The daemon copies a volume in one call: it is only known which one.
    onVolume: (volume, bytes) => {
      screen.waiting(`Copying ${from}:${volume} to ${name}:${volume} (${formatSize(bytes)})`);
    },
    onFailure: async (what, error) => {
      const { message, wireName } = error;
      if (!ignoreErrors) {
        throw new RefusedError(`Cannot set ${what}: ${message}`, { wireName }, { cause: error });
      }
      await screen.warning({
        type: 'warning',
        qube: name,
        message: `${what} is not set: ${message}`,
      });
    },
  });
  await screen.done({ type: 'done', command: 'clone', qube: name });
}
