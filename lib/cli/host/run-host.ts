import { join } from 'node:path';

import type { SocketName } from '../../admin/start-host.ts';
import { SYSTEM_CLOCK } from '../../base/clock.ts';
import { diskError } from '../../base/disk-error.ts';
import type { Logger } from '../../base/log.ts';
import { makePath } from '../../base/make-path.ts';
import { within } from '../../base/within.ts';
import type { App } from '../../model/app.ts';
import { embeddedDoors } from '../embedded-doors.ts';
import { followMachine } from '../../model/power/follow-machine.ts';
import { startByItself } from '../../model/power/start-by-itself.ts';
import { removeLeftDisposables } from '../../model/power/remove-left-disposables.ts';
import { keepersOf } from '../../model/preload/registry.ts';
import { openStore } from '../../model/store/open-store.ts';
import { CurrentPolicy } from '../../policy/current-policy.ts';
import type { AdminService, Api } from '../../rpc/admin-service.ts';
import { Dispatcher } from '../../rpc/dispatch.ts';
import { permittedByPolicy } from '../../rpc/permitted.ts';
import { SocketHost } from '../../rpc/socket-host.ts';
import { embeddedPolicy } from '../policy-place.ts';
import { SOCKET_NAMES, takeSockets } from './activation.ts';
import { isFirstSinceBoot } from './first-since-boot.ts';
import { ServiceManager } from './service-manager.ts';
import { untilEnd } from './until-end.ts';

/** Of the folder of the sockets, if it has to be made: owner and group, as with the sockets. */
const FOLDER_MODE = 0o750;

/** What is being done to qubes may take so long to be done, or to fail, when the host ends. */
const LAST_WORK_SECONDS = 10;

const APIS: Readonly<Record<SocketName, Api>> = {
  qubesd: 'admin',
  'qubesd.internal': 'internal',
  'qubesd.misc': 'misc',
};

/** What the host is asked to do, its folders known. */
export interface HostTask {
  /** Folder of the system. */
  readonly root: string;
  /** Folder of the sockets. */
  readonly listen: string;
  /** Seconds without a call after which it ends; undefined for never. */
  readonly idleExit: number | undefined;
  readonly services: readonly AdminService[];
  /** Whether nothing is started by itself when it is the first host since the machine was started. */
  readonly skipsAutostart: boolean;
  readonly log: Logger;
}

/**
 * Opens the store of an embedded system, and serves it until told to end or idle for long enough.
 * @throws NeedsError when another has the store, or a socket cannot be had
 */
export async function runHost(task: HostTask, host: NodeJS.Process): Promise<void> {
  const { root, log } = task;
  const inherited = takeSockets(host.env, host.pid);
  const manager = new ServiceManager(host.env, host.pid, log);
  const doors = embeddedDoors(root);
  const store = await openStore({ folder: root, doors, log });
  const sockets = new SocketHost(log);
  // Heard from the beginning: a host that answers already must not die of a signal.
  let isServing = false;
  const idleness = {
    quietMs: () => sockets.quietMs,
    isNeeded: () => !isServing || doors.hasRunning() || keepersOf(store.app)?.isAwaited === true,
  };
  const ended = untilEnd(idleness, task.idleExit, host);
  let stopFollowing: (() => Promise<void>) | undefined;
  try {
    await doors.resume();
    stopFollowing = followMachine(store.app);
    const isFirst = await isFirstSinceBoot(root);
    if (isFirst) void removeLeftDisposables(store.app);
    await listen(sockets, store.app, task, inherited);
    isServing = true;
    log.info(`Serving ${store.app.qubes.size} qubes of ${root}, process ${host.pid}`);
    await manager.ready();
    if (!task.skipsAutostart) void startByItself(store.app, isFirst);
    log.info(`Stopping: ${await ended}`);
    await manager.stopping();
  } finally {
    await sockets.stop();
    doors.leave();
    if (stopFollowing !== undefined) await within(SYSTEM_CLOCK, LAST_WORK_SECONDS, stopFollowing());
    await doors.close();
    await store.close();
  }
}

async function listen(
  sockets: SocketHost,
  app: App,
  { root, listen: folder, services, log }: HostTask,
  inherited: ReadonlyMap<SocketName, number>,
): Promise<void> {
  const policy = new CurrentPolicy(...embeddedPolicy(root));
  const context = { app, permitted: permittedByPolicy(app, policy, log), log };
  if (inherited.size === 0) await makeFolder(folder);
  // The one that all wait for comes last: when it answers, the others do.
  for (const name of inherited.size > 0 ? inherited.keys() : SOCKET_NAMES.toReversed()) {
    const served = services.filter(({ api }) => api === APIS[name]);
    const place = inherited.get(name) ?? join(folder, `${name}.sock`);
    await sockets.listen(place, new Dispatcher(context, served));
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makePath(path, FOLDER_MODE);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
}
