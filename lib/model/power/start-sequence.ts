import {
  AdminError,
  adminErrorFrom,
  QubesException,
  QubesMemoryError,
  QubesVMError,
} from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { within } from '../../base/within.ts';
import type { MemoryReservation } from '../../hypervisor/hypervisor.ts';
import { devicesAtSpawn, requireAssignedDevices } from '../devices/devices.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import { kernelOptionsOf } from '../kernel-options.ts';
import { qrexecTimeout, vcpus } from '../properties/local.ts';
import { maxmem, memory } from '../properties/memory.ts';
import { netvm } from '../properties/netvm.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';
import { cancelVolumes, startVolumes, verifyVolumes } from '../volumes.ts';
import { fillDatabase } from './fill-database.ts';
import { memoryNeeded } from './memory-needed.ts';
import { quietly } from './own-doing.ts';
import { isLocal } from './require-local.ts';
import { markRun } from './run-mark.ts';
import { beginRun, endOfRun } from './run.ts';
import { killed, whileItLives } from './while-it-lives.ts';
import { announceRun, attempt, settle } from './settle.ts';
import { reasonOf, toAdminError } from './to-admin-error.ts';

/** What the reference tells of a start: windows are shown, and nobody has named an amount of memory. */
const SHOWN = { start_guid: true } as const;
const START = { ...SHOWN, mem_required: null } as const;

/** Qubes whose start waits for their netvm, and which one that is. */
const waiting = new WeakMap<Qube, Qube>();

/**
 * The start of a halted qube, step by step, in the order of the reference. To be called with the
 * lock of the qube held.
 * @param startOther starts the netvm
 * @throws AdminError when a step fails; what the steps before have done is undone then
 */
export async function startHalted(
  qube: Qube,
  startOther: (netvm: Qube) => Promise<void>,
): Promise<void> {
  try {
    requireNotProhibited(qube);
    await qube.act('domain-pre-start', START);
    await requireAssignedDevices(qube);
    await verifyVolumes(qube);
    await startNetvm(qube, startOther);
    const reserved = await reserveMemory(qube);
    try {
      await spawn(qube);
    } finally {
      reserved.release();
    }
    await activate(qube);
    await markRun(qube, 'running');
  } catch (error) {
    const payload = { reason: reasonOf(error) };
    await attempt(qube, 'tell of it', () => qube.act('domain-start-failed', payload));
    await endFailed(qube);
    throw toAdminError(error);
  }
}

function requireNotProhibited({ features }: Qube): void {
  const reason = features.get('prohibit-start') ?? '';
  if (reason !== '') {
    throw new QubesException(`Qube start is prohibited. Rationale: ${reason}`);
  }
}

async function startNetvm(qube: Qube, startOther: (netvm: Qube) => Promise<void>): Promise<void> {
  const upstream = qube.find(netvm) ?? null;
  if (upstream === null || !isLocal(upstream)) return;
  requireNoCircle(qube, upstream);
  waiting.set(qube, upstream);
  try {
    await startOther(upstream);
  } catch (error) {
    const cause = toAdminError(error);
    if (!(cause instanceof AdminError)) throw error;
    throw adminErrorFrom(
      cause.wireName,
      `Cannot start ${upstream.name}, the netvm of ${qube.name}: ${cause.message}`,
    );
  } finally {
    waiting.delete(qube);
  }
}

/** Netvms that change while qubes start can make a circle of starts, each waiting for the next. */
function requireNoCircle(qube: Qube, upstream: Qube): void {
  for (let next: Qube | undefined = upstream; next !== undefined; next = waiting.get(next)) {
    if (next === qube) throw new QubesException('Loops in network are unsupported');
  }
}

async function reserveMemory(qube: Qube): Promise<MemoryReservation> {
  const { hypervisor } = qube.system;
  const reserved = await hypervisor.reserveMemory(qube.uuid, memoryNeeded(qube));
  if (reserved !== undefined) return reserved;
  throw new QubesMemoryError(`Not enough memory to start domain ${pythonRepr(qube.name)}`);
}

/** Makes the qube exist for the hypervisor, still at its first instruction. */
async function spawn(qube: Qube): Promise<void> {
  const { hypervisor } = qube.system;
  await markRun(qube, 'starting');
  try {
    const disks = await startVolumes(qube);
    await qube.act('domain-pre-spawn', SHOWN);
    const { name, uuid } = qube;
    const initial = qube.get(memory);
    const definition = {
      uuid,
      name,
      memoryMiB: initial,
      maxMemoryMiB: Math.max(qube.get(maxmem), initial),
      vcpus: qube.get(vcpus),
      kernelOptions: await kernelOptionsOf(qube),
      disks,
      devices: await devicesAtSpawn(qube),
    };
    await quietly(qube, 'paused', () => hypervisor.create(definition));
    beginRun(qube);
  } catch (error) {
    await attempt(qube, 'take its disks back', () => cancelVolumes(qube));
    await attempt(qube, 'note that it is halted', () => markRun(qube, undefined));
    throw error;
  }
  announceRun(qube);
}

async function activate(qube: Qube): Promise<void> {
  const { qubesdb } = qube.system;
  await qube.act('domain-spawn', SHOWN);
  await qubesdb.start(qube);
  await fillDatabase(qube);
  requireAlive(qube);
  await qube.act('domain-qdb-create', {});
  await qube.act('domain-pre-unpaused', {});
  requireAlive(qube);
  await quietly(qube, 'unpaused', () => whileItLives(qube, untilUp(qube)));
  await qube.act('domain-unpaused', {});
  await qube.act('domain-start', SHOWN);
  requireAlive(qube);
}

/** @throws QubesVMError when it should answer calls, and does not in the time it has for that */
async function untilUp(qube: Qube): Promise<void> {
  const { clock, hypervisor } = qube.system;
  const up = hypervisor.unpause(qube.uuid);
  if ((featureWithTemplate(qube, 'qrexec') ?? '') === '') return up;
  const seconds = qube.get(qrexecTimeout);
  if (await within(clock, seconds, up)) return;
  throw new QubesVMError(`Cannot connect to qrexec agent for ${seconds} seconds`);
}

/** Anybody may kill it while it starts. */
function requireAlive(qube: Qube): void {
  if (!isRunning(qube)) throw killed(qube);
}

/** Ends what exists of a qube whose start has failed. */
async function endFailed(qube: Qube): Promise<void> {
  if (endOfRun(qube) === undefined) return;
  const { hypervisor } = qube.system;
  await attempt(qube, 'end it', () => hypervisor.destroy(qube.uuid));
  await settle(qube);
}
