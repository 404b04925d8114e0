import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `tags`: tags of a qube. */
export async function showOrChangeTags(
  { qube, action, tags: named }: RequestFor<'tags'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const { tags } = client.qube(qube);
  if (action === 'list') {
    const all = await tags.list();
    await screen.show(
      all.map((name) => ({ type: 'tag', qube, name })),
      { head: ['TAG'], rows: all.map((name) => [name]) },
    );
    return;
  }
  for (const name of named) {
    await (action === 'add' ? tags.add(name) : tags.remove(name));
    await screen.done({ type: 'done', command: 'tags', qube, name });
  }
}
