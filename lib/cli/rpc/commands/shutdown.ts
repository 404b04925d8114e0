import { setTimeout as delay } from 'node:timers/promises';

import type { AdminClient } from '../../../admin/client.ts';
import { QubesVMInUseError, QubesVMShutdownTimeoutError } from '../../../base/admin-error.ts';
import { throwFailures, tryEach } from '../each-qube.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** Milliseconds between two looks whether qubes have halted. */
const LOOK_MS = 200;

/**
 * `shutdown`: several qubes at once. Those that others need are asked again when these have halted,
 * for as long as that helps.
 */
export async function shutDown(
  { names, all, wait, timeout, force }: RequestFor<'shutdown'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const wanted = all ? await runningQubes(client) : names;
  const act = (qube: string): Promise<void> => {
    const halted = client.qube(qube).shutdown({ force, wait: wait || timeout !== undefined });
    return timeout === undefined ? halted : within(timeout, qube, halted);
  };
  const deed = { command: 'shutdown', doing: 'Shutting down', act };
  const failed = new Map<string, unknown>();
  let left = wanted;
  while (left.length > 0) {
    const refused = await tryEach(left, deed, { screen });
    const [inUse, others] = parted(refused);
    for (const [name, error] of others) failed.set(name, error);
    const asked = left.filter((name) => !refused.has(name));
    if (inUse.length > 0 && asked.length === 0) {
      for (const name of inUse) failed.set(name, refused.get(name));
      break;
    }
    if (inUse.length > 0) await untilHalted(client, asked, timeout);
    left = inUse;
  }
  await throwFailures(failed, wanted, 'did not shut down', screen);
}

/** All that can be shut down. */
async function runningQubes(client: AdminClient): Promise<readonly string[]> {
  const qubes = await client.list();
  return qubes
    .filter((qube) => !['AdminVM', 'RemoteVM'].includes(qube.class) && qube.state !== 'Halted')
    .map(({ name }) => name);
}

function parted(
  refused: ReadonlyMap<string, unknown>,
): readonly [inUse: readonly string[], others: readonly (readonly [string, unknown])[]] {
  const all = [...refused];
  return [
    all.filter(([, error]) => error instanceof QubesVMInUseError).map(([name]) => name),
    all.filter(([, error]) => !(error instanceof QubesVMInUseError)),
  ];
}

/** Seconds for those that were only asked to, as the daemon itself would wait by default. */
const PATIENCE = 60;

async function untilHalted(
  client: AdminClient,
  names: readonly string[],
  seconds = PATIENCE,
): Promise<void> {
  for (let waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
    const running = new Set(await runningQubes(client));
    if (!names.some((name) => running.has(name))) return;
    await delay(LOOK_MS);
  }
}

function within(seconds: number, qube: string, halted: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new QubesVMShutdownTimeoutError(`${qube} still runs after ${seconds} s`));
    }, seconds * 1000);
  });
  // It may yet be refused when nobody waits any more.
  halted.catch(() => undefined);
  return Promise.race([halted, tooLate]).finally(() => clearTimeout(timer));
}
