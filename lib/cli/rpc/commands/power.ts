import type { QubeClient } from '../../../admin/qube-client.ts';
import { eachQube } from '../each-qube.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

type PowerCommand = RequestFor<'start'>['command'];

/** What each command is while it lasts, and the call it makes. */
const DEEDS: Readonly<
  Record<PowerCommand, readonly [doing: string, act: (qube: QubeClient) => Promise<void>]>
> = {
  start: ['Starting', (qube) => qube.start()],
  kill: ['Killing', (qube) => qube.kill()],
  pause: ['Pausing', (qube) => qube.pause()],
  unpause: ['Unpausing', (qube) => qube.unpause()],
  suspend: ['Suspending', (qube) => qube.suspend()],
  resume: ['Resuming', (qube) => qube.resume()],
};

/** `start`, `kill`, `pause`…: several qubes at once. */
export async function changePower(
  { command, names }: RequestFor<'start'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const [doing, act] = DEEDS[command];
  const failure = `did not ${command}`;
  const actOn = (name: string): Promise<void> => act(client.qube(name));
  await eachQube(names, { command, doing, failure, act: actOn }, { screen });
}
