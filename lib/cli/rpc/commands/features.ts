import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `features`: features of a qube. */
export async function showOrSetFeatures(
  { qube, feature: name, value, unset }: RequestFor<'features'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const { features } = client.qube(qube);
  if (name === undefined) {
    const all = [...(await features.getAll())];
    await screen.show(
      all.map(([each, text]) => ({ type: 'feature', qube, name: each, value: text })),
      { head: ['FEATURE', 'VALUE'], rows: all },
    );
  } else if (unset || value !== undefined) {
    await (value === undefined ? features.remove(name) : features.set(name, value));
    await screen.done({ type: 'done', command: 'features', qube, name });
  } else {
    const text = await features.get(name);
    await screen.showText({ type: 'feature', qube, name, value: text }, text);
  }
}
