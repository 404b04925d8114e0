import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { stopIfCancelled } from '../base/cancelled.ts';
import type { Inside, Waiting } from './inside.ts';
import { runProgram } from './run-program.ts';

/** How long it is waited for. What dom0 waits for in turn, ten seconds, has to be enough. */
const PATIENCE_MS = 3300;

/** Between two looks: neither the state of an interface nor that of a unit is told to who waits. */
const LOOK_MS = 100;

const NOT_IN_TIME = 3;

/** The card that a qube has whose address nobody knows. */
const USUAL_INTERFACE = 'eth0';

/**
 * Waits until the network card that Qubes gave the qube is set up; done at once where there is none.
 * @returns exit status: 3 when it is not set up in time
 */
export async function waitForUplink(waiting: Waiting, patienceMs = PATIENCE_MS): Promise<number> {
  const { inside, signal } = waiting;
  const card = await cardOfQubes(waiting);
  if (card === undefined) return 0;
  const end = performance.now() + patienceMs;
  for (;;) {
    if ((await isSetUp(card, waiting)) && (await isUp(inside, card))) return 0;
    if (performance.now() >= end) return NOT_IN_TIME;
    await delay(LOOK_MS, undefined, { signal }).catch(() => stopIfCancelled(signal));
  }
}

async function cardOfQubes(waiting: Waiting): Promise<string | undefined> {
  const { inside } = waiting;
  const silent = { ...waiting, log: waiting.log.child({}, { level: 'silent' }) };
  const { text: mac } = await runProgram('qubesdb-read', ['/qubes-mac'], silent);
  if (mac === '') return undefined;
  if (!(await isThere(join(inside.modules, 'xen_netfront')))) {
    await runProgram('modprobe', ['xen-netfront'], waiting);
  }
  for (const card of await readdir(inside.interfaces).catch(() => [])) {
    if ((await read(inside, card, 'address')) === mac.toLowerCase()) return card;
  }
  return (await isThere(join(inside.interfaces, USUAL_INTERFACE))) ? USUAL_INTERFACE : undefined;
}

async function isSetUp(card: string, waiting: Waiting): Promise<boolean> {
  const unit = `qubes-network-uplink@${card}.service`;
  const { status } = await runProgram('systemctl', ['is-active', '--quiet', unit], waiting);
  return status === 0;
}

async function isUp(inside: Inside, card: string): Promise<boolean> {
  return (await read(inside, card, 'operstate')) === 'up';
}

async function read({ interfaces }: Inside, card: string, fact: string): Promise<string> {
  const text = await readFile(join(interfaces, card, fact), 'latin1').catch(() => '');
  return text.trim();
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
