import { join } from 'node:path';

import { createLog } from '../../lib/base/log.ts';
import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';
import type { Hypervisor } from '../../lib/hypervisor/hypervisor.ts';
import type { App } from '../../lib/model/app.ts';
import type { AskToAttach } from '../../lib/model/devices/ask-to-attach.ts';
import { followMachine } from '../../lib/model/power/follow-machine.ts';
import { openStore } from '../../lib/model/store/open-store.ts';
import { Dispatcher } from '../../lib/rpc/dispatch.ts';
import type { Permitted } from '../../lib/rpc/permitted.ts';
import { ADMIN_SERVICES } from '../../services/index.ts';
import { makeSystem } from './embedded-system.ts';
import { sessionStore } from './recorded-session.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { permitOwnOnly } from './permit-own-only.ts';

/** An embedded system that this process has open: its calls go through the dispatcher. */
export interface AdminSystem {
  readonly root: string;
  readonly app: App;
  /** What was logged: faults of the program, above all. */
  readonly logged: readonly string[];
  /** Makes the call of a header, `admin.vm.List+ dom0 name work`, and returns the whole reply. */
  readonly ask: (header: string, payload?: string | Uint8Array) => Promise<string>;
  /** Closes it, and opens what is on disk. */
  readonly reopen: () => Promise<AdminSystem>;
  /** The qubes.xml of the system as it is on disk. */
  readonly storeFile: string;
}

interface Options {
  readonly permitted?: Permitted;
  readonly hypervisor?: Hypervisor;
  readonly askToAttach?: AskToAttach;
  readonly signal?: AbortSignal;
}

interface Place {
  readonly store?: string;
  /** An empty one; a temporary one by default. */
  readonly folder?: string | undefined;
}

/** Makes a system of its own for a test, and opens it. */
export async function openSystem(
  t: Parameters<typeof temporaryFolder>[0],
  { store = sessionStore('start'), folder, ...options }: Options & Place = {},
): Promise<AdminSystem> {
  const root = folder ?? (await temporaryFolder(t));
  await makeSystem(root, store);
  return open(t, root, options);
}

async function open(
  t: Parameters<typeof temporaryFolder>[0],
  root: string,
  {
    permitted = permitOwnOnly,
    hypervisor,
    askToAttach,
    signal = new AbortController().signal,
  }: Options,
): Promise<AdminSystem> {
  const logged: string[] = [];
  const log = createLog((line) => void logged.push(line));
  const embedded = embeddedDoors(root);
  const doors = {
    ...embedded,
    ...(hypervisor && { hypervisor }),
    ...(askToAttach && { askToAttach }),
  };
  const store = await openStore({ folder: root, doors, log });
  await embedded.resume();
  const { app } = store;
  const stopFollowing = followMachine(app);
  const close = async (): Promise<void> => {
    embedded.leave();
    await stopFollowing();
    await embedded.close();
    await store.close();
  };
  t.teardown(close);
  const dispatcher = new Dispatcher({ app, permitted, log }, ADMIN_SERVICES);
  return {
    root,
    app,
    logged,
    storeFile: join(root, 'qubes.xml'),
    ask: async (header, payload = '') => {
      const request = Buffer.concat([Buffer.from(`${header}\0`), Buffer.from(payload)]);
      const reply = await dispatcher.answer(request, { signal, send: () => undefined });
      return reply?.toString() ?? '';
    },
    reopen: async () => {
      await close();
      return open(t, root, {});
    },
  };
}
