import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import {
  QubesVMError,
  QubesVMInUseError,
  QubesVMNotFoundError,
  QubesVMNotPausedError,
  QubesVMNotRunningError,
  QubesVMNotStartedError,
  QubesVMShutdownTimeoutError,
} from '../../../lib/base/admin-error.ts';
import { createDisposable } from '../../../lib/model/create-qube.ts';
import { killQube } from '../../../lib/model/power/kill-qube.ts';
import { pauseQube, unpauseQube } from '../../../lib/model/power/pause-qube.ts';
import { shutdownQube } from '../../../lib/model/power/shutdown-qube.ts';
import { startQube } from '../../../lib/model/power/start-qube.ts';
import { resumeAll, suspendAll } from '../../../lib/model/power/suspend-all.ts';
import { resumeQube, suspendQube } from '../../../lib/model/power/suspend-qube.ts';
import { powerState } from '../../../lib/model/power-state.ts';
import { setMachine } from '../../support/machine.ts';
import { SampleSystem } from '../../support/sample-system.ts';

const WAIT = { force: false, wait: true } as const;

const WHOLE_END = [
  'domain-stopped',
  'property-reset:xid',
  'property-reset:stubdom_xid',
  'property-reset:start_time',
  'domain-shutdown',
];

async function running(t: Parameters<typeof SampleSystem.open>[0], ...names: readonly string[]) {
  const system = await SampleSystem.open(t);
  for (const name of names) await startQube(system.qube(name));
  return system;
}

test('a shutdown is waited for until all that follows is done', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await setMachine(system, { shutdownSeconds: 0.2 });
  const events = await system.namesOfEvents(() => shutdownQube(vault, WAIT));
  t.deepEqual(
    events,
    ['domain-pre-shutdown', ...WHOLE_END].map((event) => `vault ${event}`),
  );
  t.is(powerState(vault), 'Halted');
  await t.throwsAsync(shutdownQube(vault, WAIT), {
    instanceOf: QubesVMNotStartedError,
    message: "Domain is powered off: 'vault'",
  });
});

test('a shutdown that is not waited for goes on by itself', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await setMachine(system, { shutdownSeconds: 0.1 });
  await shutdownQube(vault, { force: false, wait: false });
  t.is(powerState(vault), 'Halting');
  while (powerState(vault) !== 'Halted') await sleep(5);
});

test('a qube that does not shut down in time goes on, and that is told', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await setMachine(system, { shutdownSeconds: 'never' });
  system.set('vault', 'shutdown_timeout', '1');
  const events = await system.eventsOf(() =>
    t.throwsAsync(shutdownQube(vault, WAIT), {
      instanceOf: QubesVMShutdownTimeoutError,
      message: "Domain shutdown timed out: 'vault'",
    }),
  );
  t.deepEqual(events, [
    ['vault', 'domain-pre-shutdown', { force: 'False' }],
    ['vault', 'domain-shutdown-failed', { reason: "Domain shutdown timed out: 'vault'" }],
  ]);
  t.is(powerState(vault), 'Running');
});

test('who waits for a shutdown and goes away ends only the waiting', async (t) => {
  const system = await running(t, 'vault');
  await setMachine(system, { shutdownSeconds: 'never' });
  const caller = new AbortController();
  setTimeout(() => caller.abort(), 20);
  const events = await system.namesOfEvents(() =>
    shutdownQube(system.qube('vault'), { ...WAIT, signal: caller.signal }),
  );
  t.deepEqual(events, ['vault domain-pre-shutdown']);
});

test('a paused qube shuts down only by force', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await pauseQube(vault);
  await t.throwsAsync(shutdownQube(vault, WAIT), { instanceOf: QubesVMNotRunningError });
  t.is(powerState(vault), 'Paused');
  await shutdownQube(vault, { force: true, wait: true });
  t.is(powerState(vault), 'Halted');
});

test('a sleeping qube is woken to shut down', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await suspendQube(vault);
  const events = await system.namesOfEvents(() => shutdownQube(vault, WAIT));
  t.deepEqual(
    events,
    ['domain-pre-shutdown', ...WHOLE_END].map((event) => `vault ${event}`),
  );
});

test('a qube that others need shuts down only by force', async (t) => {
  const system = await running(t, 'work', 'vault');
  await t.throwsAsync(shutdownQube(system.qube('sys-firewall'), WAIT), {
    instanceOf: QubesVMInUseError,
    message: 'There are other VMs connected to this VM: work',
  });
  system.set('vault', 'audiovm', 'standalone1');
  system.set('work', 'guivm', 'untrusted');
  await startQube(system.qube('standalone1'));
  await startQube(system.qube('untrusted'));
  await t.throwsAsync(shutdownQube(system.qube('standalone1'), WAIT), {
    instanceOf: QubesVMInUseError,
    message: 'There are running VMs using this VM as AudioVM: vault',
  });
  await t.throwsAsync(shutdownQube(system.qube('untrusted'), WAIT), {
    instanceOf: QubesVMError,
    message: 'There are running VMs using this VM as GuiVM: work',
  });
  for (const name of ['sys-firewall', 'standalone1', 'untrusted']) {
    await shutdownQube(system.qube(name), { force: true, wait: true });
    t.is(powerState(system.qube(name)), 'Halted');
  }
});

test('a start waits until a shutdown is over', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  await setMachine(system, { shutdownSeconds: 0.2 });
  await shutdownQube(vault, { force: false, wait: false });
  const events = await system.namesOfEvents(() => startQube(vault));
  t.deepEqual(
    events.slice(0, WHOLE_END.length + 1),
    [...WHOLE_END, 'domain-pre-start'].map((event) => `vault ${event}`),
  );
  t.is(powerState(vault), 'Running');
});

test('a kill ends a qube at once, and one that crashes by itself comes to rest as well', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  t.deepEqual(
    await system.namesOfEvents(() => killQube(vault)),
    WHOLE_END.map((event) => `vault ${event}`),
  );
  await t.throwsAsync(killQube(vault), { instanceOf: QubesVMNotStartedError });
  await setMachine(system, { crashes: { vault: { afterSeconds: 0.5 } } });
  await startQube(vault);
  const events = await system.namesOfEvents(async () => {
    while (powerState(vault) !== 'Halted') await sleep(5);
    await system.app.qubeLock.run('vault', async () => undefined);
  });
  t.deepEqual(
    events,
    WHOLE_END.map((event) => `vault ${event}`),
  );
});

test('a disposable goes when it has stopped, however', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const template = system.qube('default-dvm');
  for (const stop of [
    killQube,
    (qube: Parameters<typeof killQube>[0]) => shutdownQube(qube, WAIT),
  ]) {
    const qube = await createDisposable(app, template, app.qubes.admin);
    await startQube(qube);
    const events = await system.namesOfEvents(() => stop(qube));
    t.deepEqual(events.slice(-3), [
      `${qube.name} domain-shutdown`,
      'domain-pre-delete',
      'domain-delete',
    ]);
    t.is(app.qubes.find(qube.name), undefined);
    await t.throwsAsync(startQube(qube), { instanceOf: QubesVMNotFoundError });
  }
});

test('pause and unpause are told once each, also when another does it', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  const events = await system.namesOfEvents(async () => {
    await pauseQube(vault);
    t.is(powerState(vault), 'Paused');
    await pauseQube(vault);
    await unpauseQube(vault);
    t.is(powerState(vault), 'Running');
    await system.hypervisor.pause(vault.uuid);
    await system.hypervisor.unpause(vault.uuid);
  });
  t.deepEqual(events, [
    'vault domain-pre-paused',
    'vault domain-paused',
    'vault domain-pre-unpaused',
    'vault domain-unpaused',
    'vault domain-paused',
    'vault domain-unpaused',
  ]);
  await t.throwsAsync(unpauseQube(vault), {
    instanceOf: QubesVMNotPausedError,
    message: "Domain is not paused: 'vault'",
  });
  await killQube(vault);
  await t.throwsAsync(pauseQube(vault), { instanceOf: QubesVMNotRunningError });
});

test('a qube that can sleep sleeps, another one is paused', async (t) => {
  const system = await running(t, 'vault');
  const vault = system.qube('vault');
  const slept = await system.namesOfEvents(async () => {
    await suspendQube(vault);
    t.is(powerState(vault), 'Suspended');
    await resumeQube(vault);
  });
  t.deepEqual(slept, ['vault domain-resumed']);
  await setMachine(system, { canSleep: false });
  const stood = await system.namesOfEvents(async () => {
    await suspendQube(vault);
    t.is(powerState(vault), 'Paused');
    await resumeQube(vault);
  });
  t.deepEqual(stood, [
    'vault domain-pre-paused',
    'vault domain-paused',
    'vault domain-pre-unpaused',
    'vault domain-unpaused',
  ]);
  t.is(powerState(vault), 'Running');
});

test('all that ran before the machine slept runs afterwards, and only that', async (t) => {
  const system = await running(t, 'vault', 'standalone1', 'work');
  await pauseQube(system.qube('standalone1'));
  await suspendAll(system.app);
  for (const name of ['vault', 'work', 'sys-firewall', 'sys-net']) {
    t.is(powerState(system.qube(name)), 'Suspended', name);
  }
  t.is(powerState(system.qube('standalone1')), 'Paused');
  await resumeAll(system.app);
  for (const name of ['vault', 'work', 'sys-firewall', 'sys-net']) {
    t.is(powerState(system.qube(name)), 'Running', name);
  }
  t.is(powerState(system.qube('standalone1')), 'Paused');
});

test('those that cannot be sent to sleep are named, when the others sleep', async (t) => {
  const system = await running(t, 'vault', 'standalone1');
  await setMachine(system, { failures: { vault: { suspend: 'no rest' } } });
  await t.throwsAsync(suspendAll(system.app), { message: /^Failed to suspend .*vault: no rest$/s });
  t.is(powerState(system.qube('standalone1')), 'Suspended');
});

test('dom0 and qubes elsewhere do not stop', async (t) => {
  const system = await SampleSystem.open(t);
  const calls = { kill: killQube, pause: pauseQube, unpause: unpauseQube, suspend: suspendQube };
  for (const [verb, call] of Object.entries(calls)) {
    await t.throwsAsync(call(system.qube('dom0')), {
      instanceOf: QubesVMError,
      message: `Cannot ${verb} Dom0 fake domain!`,
    });
    await t.throwsAsync(call(system.qube('remote1')), {
      instanceOf: QubesVMError,
      message: `Cannot ${verb} a RemoteVM.`,
    });
  }
  await t.throwsAsync(shutdownQube(system.qube('dom0'), WAIT), { instanceOf: QubesVMError });
});
