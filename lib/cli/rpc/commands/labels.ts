import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `labels`: the labels of the system. */
export async function showOrChangeLabels(
  { action, name, color }: RequestFor<'labels'>,
  { client: { labels }, screen }: RpcDoors,
): Promise<void> {
  if (name === undefined) {
    const all = await labels.getAll();
    await screen.show(
      all.map((label) => ({ type: 'label', ...label })),
      {
        head: ['LABEL', 'INDEX', 'COLOR'],
        rows: all.map((label) => [label.name, label.index, label.color]),
      },
    );
    return;
  }
  await (color === undefined ? labels.remove(name) : labels.create(name, color));
  await screen.done({ type: 'done', command: `labels ${action}`, name });
}
