import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `remove`: one qube after the other, until one cannot be removed. */
export async function removeQubes(
  { names, yes }: RequestFor<'remove'>,
  { client, screen, confirm }: RpcDoors,
): Promise<void> {
  if (!yes) await confirm(`Remove ${names.join(', ')} and all data in it?`);
  for (const name of names) {
    await client.qube(name).remove();
    await screen.done({ type: 'done', command: 'remove', qube: name });
  }
}
