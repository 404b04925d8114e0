import type { NewQube } from '../../../admin/new-qube.ts';
import { chosenPools } from '../chosen-pools.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `create`: a qube with its properties, or none at all. */
export async function createQube(
  { name, class: className, label, template, pool, prop }: RequestFor<'create'>,
  { client, undo, screen }: RpcDoors,
): Promise<void> {
  await createWith(
    { client, undo },
    {
      name,
      class: className,
      label,
      template,
      ...chosenPools(pool),
    },
    prop,
  );
  await screen.done({ type: 'done', command: 'create', qube: name });
}

/**
 * Creates a qube and sets properties of it; if one cannot be set, the qube is removed again.
 * @throws AdminError, NeedsError
 */
export async function createWith(
  { client, undo }: Pick<RpcDoors, 'client' | 'undo'>,
  wanted: NewQube,
  properties: Iterable<readonly [name: string, value: string]>,
): Promise<void> {
  await client.create(wanted);
  const qube = client.qube(wanted.name);
  try {
    for (const [name, value] of properties) await qube.properties.set(name, value);
  } catch (error) {
    // If that fails too, what went wrong first is what the person has to know.
    await undo
      .qube(wanted.name)
      .remove()
      .catch(() => undefined);
    throw error;
  }
}
