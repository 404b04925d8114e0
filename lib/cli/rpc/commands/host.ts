import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { AdminClient } from '../../../admin/client.ts';
import { connectTo, socketPath, type SocketName } from '../../../admin/start-host.ts';
import { NeedsError, reasonOf } from '../../../base/errors.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import { processStartTime } from '../../../location/process-start-time.ts';
import { findListener } from '../../../model/store/find-listener.ts';
import type { RequestFor } from '../rpc-request.ts';
import type { RpcScreen } from '../rpc-screen.ts';

const SOCKETS: readonly SocketName[] = ['qubesd', 'qubesd.internal', 'qubesd.misc'];

/** Milliseconds a host may take to finish its calls. */
const PATIENCE = 15_000;
const STEP = 20;

/** Ticks a second in which Linux tells when a process began, whatever its own clock does. */
const USER_HZ = 100;

/**
 * `host`: tells of the resident host of an embedded system, or stops it. Starts none.
 * @param root folder of the system, absolute
 * @param client of its host
 */
export async function showOrStopHost(
  { action }: Pick<RequestFor<'host'>, 'action'>,
  root: string,
  client: AdminClient,
  screen: RpcScreen,
): Promise<void> {
  const host = await findListener(socketPath(root, 'qubesd'));
  if (action === 'stop') {
    if (host !== undefined) await stop(host.pid, root);
    const remark = host === undefined ? `No host runs for ${root}.` : undefined;
    await screen.done({ type: 'done', command: 'host stop', root }, remark);
  } else if (host === undefined) {
    const line: RpcLine = { type: 'host', root, running: false, sockets: [] };
    await screen.showText(line, `${root}: not running`);
  } else {
    const line = await status(host.pid, root, client);
    await screen.showText(line, textOf(line));
  }
}

type HostLine = Extract<RpcLine, { type: 'host' }>;

async function status(
  pid: number | undefined,
  root: string,
  client: AdminClient,
): Promise<HostLine> {
  const qubes = (await client.list()).length;
  const started = pid === undefined ? undefined : await processStartTime(pid);
  const paths = SOCKETS.map((socket) => socketPath(root, socket));
  return {
    type: 'host',
    root,
    running: true,
    ...(pid === undefined ? {} : { pid }),
    ...(started === undefined
      ? {}
      : { seconds: Math.max(0, Math.round(uptime() - Number(started) / USER_HZ)) }),
    sockets: (await Promise.all(paths.map(isServed))).flatMap((served, index) =>
      served ? (paths[index] ?? []) : [],
    ),
    qubes,
  };
}

async function isServed(path: string): Promise<boolean> {
  const socket = await connectTo(path);
  socket?.destroy();
  return socket !== undefined;
}

function textOf({ root, pid, seconds, sockets, qubes }: HostLine): string {
  return [
    `${root}: running`,
    `process  ${pid ?? 'of another user'}`,
    ...(seconds === undefined ? [] : [`for      ${seconds} s`]),
    `qubes    ${qubes ?? '-'}`,
    ...sockets.map((socket) => `socket   ${socket}`),
  ].join('\n');
}

/** Tells the host to end, and waits until it has. */
async function stop(pid: number | undefined, root: string): Promise<void> {
  if (pid === undefined) throw new NeedsError(`Cannot stop the host of ${root}: it is not yours`);
  const started = await processStartTime(pid);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    throw new NeedsError(`Cannot stop the host of ${root}: ${reasonOf(error)}`);
  }
  for (let waited = 0; waited < PATIENCE; waited += STEP) {
    if ((await processStartTime(pid)) !== started) return;
    await delay(STEP);
  }
  throw new NeedsError(`The host of ${root} (process ${pid}) does not end`);
}
