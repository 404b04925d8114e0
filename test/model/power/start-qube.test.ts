import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import {
  QubesException,
  QubesMemoryError,
  QubesVMError,
  QubesVMNotFoundError,
  QubesVMNotHaltedError,
  StoragePoolException,
} from '../../../lib/base/admin-error.ts';
import type { MemoryReservation } from '../../../lib/hypervisor/hypervisor.ts';
import { createDisposable } from '../../../lib/model/create-qube.ts';
import { killQube } from '../../../lib/model/power/kill-qube.ts';
import { startQube } from '../../../lib/model/power/start-qube.ts';
import { powerState } from '../../../lib/model/power-state.ts';
import { volumesOf } from '../../../lib/model/qube-volumes.ts';
import { removeQube } from '../../../lib/model/remove-qube.ts';
import { setMachine } from '../../support/machine.ts';
import { PlayedHypervisor } from '../../support/played-hypervisor.ts';
import { SampleSystem } from '../../support/sample-system.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const WHOLE_START = [
  'domain-pre-start',
  'domain-verify-files',
  'domain-pre-spawn',
  'property-reset:xid',
  'property-reset:stubdom_xid',
  'property-reset:start_time',
  'domain-spawn',
  'domain-qdb-create',
  'domain-pre-unpaused',
  'domain-unpaused',
  'domain-start',
];

const WHOLE_END = [
  'domain-stopped',
  'property-reset:xid',
  'property-reset:stubdom_xid',
  'property-reset:start_time',
  'domain-shutdown',
];

/** Nothing is left of a run of a qube. */
async function isAtRest(system: SampleSystem, name: string): Promise<boolean> {
  const qube = system.qube(name);
  const dirty = await Promise.all(volumesOf(qube).map((volume) => volume.isDirty()));
  const mark = await readFile(join(system.root, qube.folder ?? '', 'run'), 'utf8').catch(() => '');
  const database = await system.app.qubesdb.open(name);
  return (
    powerState(qube) === 'Halted' && database === undefined && mark === '' && !dirty.includes(true)
  );
}

test('a start goes through all steps, and a second one does nothing', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  const events = await system.namesOfEvents(() => startQube(vault));
  t.deepEqual(
    events,
    WHOLE_START.map((event) => `vault ${event}`),
  );
  t.is(powerState(vault), 'Running');
  t.regex(system.get('vault', 'xid'), /^[1-9]/);
  t.not(system.get('vault', 'start_time'), '');
  t.deepEqual(await system.namesOfEvents(() => startQube(vault)), []);
});

test('all netvms are started first', async (t) => {
  const system = await SampleSystem.open(t);
  const events = await system.namesOfEvents(() => startQube(system.qube('work')));
  const starts = events.filter((event) => event.endsWith('domain-start'));
  t.deepEqual(starts, ['sys-net domain-start', 'sys-firewall domain-start', 'work domain-start']);
});

test('a netvm that cannot be started is named, with the reason', async (t) => {
  const system = await SampleSystem.open(t);
  system.setFeature('sys-net', 'prohibit-start', 'under repair');
  const failed = system.eventsOf(() =>
    t.throwsAsync(startQube(system.qube('work')), {
      instanceOf: QubesException,
      message:
        'Cannot start sys-firewall, the netvm of work: Cannot start sys-net, the netvm of sys-firewall: ' +
        'Qube start is prohibited. Rationale: under repair',
    }),
  );
  const reasons = (await failed).filter(([, event]) => event === 'domain-start-failed');
  t.deepEqual(
    reasons.map(([subject]) => subject),
    ['sys-net', 'sys-firewall', 'work'],
  );
  for (const name of ['sys-net', 'sys-firewall', 'work']) t.true(await isAtRest(system, name));
});

test('dom0 and qubes elsewhere are not started', async (t) => {
  const system = await SampleSystem.open(t);
  await t.throwsAsync(startQube(system.qube('dom0')), {
    instanceOf: QubesVMNotHaltedError,
    message: 'Cannot start Dom0 fake domain!',
  });
  await t.throwsAsync(startQube(system.qube('remote1')), {
    instanceOf: QubesVMNotHaltedError,
    message: 'Cannot start a RemoteVM.',
  });
});

test('a feature prohibits a start, a tag as long as the qube is restored', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  system.setFeature('vault', 'prohibit-start', 'because');
  const prohibited = await system.eventsOf(() =>
    t.throwsAsync(startQube(vault), { message: 'Qube start is prohibited. Rationale: because' }),
  );
  t.deepEqual(prohibited, [
    ['vault', 'domain-start-failed', { reason: 'Qube start is prohibited. Rationale: because' }],
  ]);
  system.setFeature('vault', 'prohibit-start', '');
  system.app.apply(() => vault.tags.add('backup-restore-in-progress'));
  const restored = await system.namesOfEvents(() =>
    t.throwsAsync(startQube(vault), {
      instanceOf: QubesVMError,
      message: 'Restore of this domain in progress, cannot start',
    }),
  );
  t.deepEqual(restored, ['vault domain-pre-start', 'vault domain-start-failed']);
  system.app.apply(() => vault.tags.delete('backup-restore-in-progress'));
  await startQube(vault);
  t.is(powerState(vault), 'Running');
});

/** A machine that has not enough memory, and notes how much it is asked for. */
class Short extends PlayedHypervisor {
  readonly asked: number[] = [];
  held = 0;
  isShort = true;

  override async reserveMemory(
    uuid: string,
    memoryMiB: number,
  ): Promise<MemoryReservation | undefined> {
    this.asked.push(memoryMiB);
    if (this.isShort) return undefined;
    const reserved = await super.reserveMemory(uuid, memoryMiB);
    this.held++;
    return {
      release: () => {
        this.held--;
        reserved?.release();
      },
    };
  }
}

async function shortOfMemory(
  t: ExecutionContext,
): Promise<{ readonly system: SampleSystem; readonly machine: Short }> {
  const folder = await temporaryFolder(t);
  const machine = new Short(folder);
  return { system: await SampleSystem.open(t, undefined, folder, machine), machine };
}

test('whatever step the machine refuses, nothing is left of the start', async (t) => {
  const { system, machine } = await shortOfMemory(t);
  const vault = system.qube('vault');
  const fails = async (error: object): Promise<readonly string[]> => {
    const events = await system.namesOfEvents(() => t.throwsAsync(startQube(vault), error));
    t.true(await isAtRest(system, 'vault'));
    t.is(machine.held, 0);
    return events.map((event) => event.slice('vault '.length));
  };
  t.deepEqual(
    await fails({
      instanceOf: QubesMemoryError,
      message: "Not enough memory to start domain 'vault'",
    }),
    [...WHOLE_START.slice(0, 2), 'domain-start-failed'],
  );
  machine.isShort = false;
  await setMachine(system, { failures: { vault: { create: 'no domain' } } });
  t.deepEqual(await fails({ instanceOf: QubesException, message: 'no domain' }), [
    ...WHOLE_START.slice(0, 3),
    'domain-start-failed',
  ]);
  await setMachine(system, { failures: { vault: { unpause: 'no life' } } });
  t.deepEqual(await fails({ instanceOf: QubesException, message: 'no life' }), [
    ...WHOLE_START.slice(0, 9),
    'domain-start-failed',
    ...WHOLE_END,
  ]);
  await setMachine(system, {});
  await startQube(vault);
  t.is(powerState(vault), 'Running');
});

test('a volume that is not there keeps a qube from starting, and is named', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  await rm(join(system.root, 'appvms', 'vault', 'private.img'));
  const events = await system.namesOfEvents(() =>
    t.throwsAsync(startQube(vault), { instanceOf: StoragePoolException, message: /private/ }),
  );
  t.deepEqual(events, ['vault domain-pre-start', 'vault domain-start-failed']);
  t.is(powerState(vault), 'Halted');
});

test('the memory that is asked for is as the reference asks', async (t) => {
  const { system, machine } = await shortOfMemory(t);
  const ask = async (): Promise<number | undefined> => {
    await t.throwsAsync(startQube(system.qube('vault')));
    return machine.asked.at(-1);
  };
  system.set('vault', 'memory', '400');
  system.set('vault', 'maxmem', '4096');
  system.set('vault', 'vcpus', '2');
  // 400 + 4 + 2 * 1.5 + 4096 * 8 / 1024
  t.is(await ask(), 439);
  system.set('vault', 'virt_mode', 'pv');
  t.is(await ask(), 407);
  system.set('vault', 'virt_mode', 'hvm');
  t.is(await ask(), 439 + 128 + 16);
  system.setFeature('vault', 'linux-stubdom', '');
  t.is(await ask(), 439 + 28 + 16);
  system.set('vault', 'stubdom_mem', '64');
  t.is(await ask(), 439 + 64 + 16);
});

test('of many callers one starts a qube, and all come back when it runs', async (t) => {
  const system = await SampleSystem.open(t);
  const names = ['work', 'personal', 'untrusted', 'sys-firewall', 'standalone1'];
  const events = await system.namesOfEvents(() =>
    Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const qube = system.qube(names[index % names.length] ?? '');
        await startQube(qube);
        t.is(powerState(qube), 'Running');
      }),
    ),
  );
  const starts = events.filter((event) => event.endsWith(' domain-start'));
  t.deepEqual(starts.toSorted(), [...new Set(starts)].toSorted());
  t.is(starts.length, names.length + 1);
});

test('a qube that is killed while it starts comes to rest, and both callers hear of it', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  for (const moment of ['domain-spawn', 'domain-pre-unpaused', 'domain-start'] as const) {
    let killed: Promise<void> | undefined;
    const stop = system.app.addObserver((subject, event) => {
      if (subject === vault && event === moment) killed = killQube(vault);
    });
    const started = await startQube(vault).then(
      () => true,
      (error: unknown) => error,
    );
    stop();
    t.truthy(killed, moment);
    await t.notThrowsAsync(async () => killed, moment);
    // The end may come just after the last step of the start.
    t.true(started === true || started instanceof QubesException, moment);
    await system.app.qubeLock.run('vault', async () => undefined);
    t.true(await isAtRest(system, 'vault'), moment);
  }
});

test('who kills a qube that takes long to start does not wait for that', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  await setMachine(system, { startSeconds: 5 });
  const start = t.throwsAsync(startQube(vault), { message: 'vault was killed in the meantime' });
  while (powerState(vault) !== 'Transient') await sleep(5);
  const before = performance.now();
  await killQube(vault);
  t.true(performance.now() - before < 2500);
  await start;
  t.true(await isAtRest(system, 'vault'));
});

test('starts and kills at random moments leave nothing half done', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  for (let round = 0; round < 15; round++) {
    const start = startQube(vault).catch(() => undefined);
    for (let turn = 0; turn < round * 3; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    const kill = killQube(vault).catch(() => undefined);
    await Promise.all([start, kill]);
    await killQube(vault).catch(() => undefined);
    t.true(await isAtRest(system, 'vault'), `round ${round}`);
  }
});

test('a removal waits for a start and is refused then; a start after a removal finds nothing', async (t) => {
  const system = await SampleSystem.open(t);
  const untrusted = system.qube('untrusted');
  const start = startQube(untrusted);
  await t.throwsAsync(removeQube(system.app, untrusted), { instanceOf: QubesVMNotHaltedError });
  await start;
  await killQube(untrusted);
  const removal = removeQube(system.app, untrusted);
  await t.throwsAsync(startQube(untrusted), { instanceOf: QubesVMNotFoundError });
  await removal;
});

test('a disposable that goes after use goes as well when it cannot be started; another one stays', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const template = system.qube('default-dvm');
  for (const [cleanup, isLeft] of [
    ['True', false],
    ['False', true],
  ] as const) {
    const { name } = await createDisposable(app, template, app.qubes.admin);
    system.set(name, 'auto_cleanup', cleanup);
    system.setFeature(name, 'prohibit-start', 'because');
    await t.throwsAsync(startQube(system.qube(name)), { message: /prohibited/ });
    t.is(app.qubes.find(name) !== undefined, isLeft);
  }
});

test('what has crashed stays to be looked at, until the next start clears it away', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  await setMachine(system, { crashes: { vault: { afterSeconds: 0.05, remains: true } } });
  await startQube(vault);
  const xid = system.get('vault', 'xid');
  while (powerState(vault) !== 'Crashed') await sleep(5);
  await setMachine(system, {});
  const events = await system.namesOfEvents(() => startQube(vault));
  t.deepEqual(
    events,
    [...WHOLE_END, ...WHOLE_START].map((event) => `vault ${event}`),
  );
  t.is(powerState(vault), 'Running');
  t.not(system.get('vault', 'xid'), xid);
});
