import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `device denied`: interfaces that no device of the qube may have. */
export async function showOrChangeDenied(
  { qube, verb, interfaces }: Extract<RequestFor<'device'>, { action: 'denied' }>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const { denied } = client.qube(qube);
  if (verb === 'list') {
    const all = await denied.list();
    await screen.show(
      all.map((one) => ({ type: 'denied', qube, interface: one })),
      { head: ['INTERFACE'], rows: all.map((one) => [one]) },
    );
    return;
  }
  if (verb === 'add') await denied.add(interfaces);
  else await denied.remove(interfaces.includes('all') ? undefined : interfaces);
  await screen.done({ type: 'done', command: `device denied ${verb}`, qube });
}
