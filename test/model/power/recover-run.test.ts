import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { powerState } from '../../../lib/model/power-state.ts';
import { volumesOf } from '../../../lib/model/qube-volumes.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import { openSystem } from '../../support/admin-system.ts';
import type { AdminSystem } from '../../support/admin-system.ts';
import { setMachine } from '../../support/machine.ts';

function qubeOf({ app }: AdminSystem, name: string): Qube {
  const found = app.qubes.find(name);
  if (found === undefined) throw new Error(`There is no qube ${name}`);
  return found;
}

/** All that the host makes up for when it is started is done for one qube. */
function caughtUp({ app }: AdminSystem, name: string): Promise<void> {
  return app.qubeLock.run(name, () => Promise.resolve());
}

/** The machine is started again: nothing runs any more. */
async function rebootMachine({ root }: AdminSystem): Promise<void> {
  const path = join(root, 'run', 'domains.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/"bootId":"[^"]+"/, '"bootId":"another"'));
}

test('a qube that runs goes on under the next host, with what is in its database', async (t) => {
  const system = await openSystem(t);
  t.is(await system.ask('admin.vm.Start+ dom0 name vault'), '0\0');
  await (await system.app.qubesdb.open('vault'))?.write('/said', 'by the qube');
  const next = await system.reopen();
  await caughtUp(next, 'vault');
  t.is(powerState(qubeOf(next, 'vault')), 'Running');
  const database = await next.app.qubesdb.open('vault');
  t.is(String(await database?.read('/said')), 'by the qube');
  t.is(String(await database?.read('/name')), 'vault');
  t.is(await next.ask('admin.vm.Shutdown+wait dom0 name vault'), '0\0');
  t.is(powerState(qubeOf(next, 'vault')), 'Halted');
});

test('a host that ends breaks off starts, and waits until nothing is left of them', async (t) => {
  const system = await openSystem(t);
  await setMachine(system, { startSeconds: 3600 });
  const starting = system.ask('admin.vm.Start+ dom0 name work');
  while (powerState(qubeOf(system, 'sys-net')) !== 'Transient') await sleep(5);
  const next = await system.reopen();
  t.is(
    await starting,
    '2\0QubesException\0\0Cannot start sys-firewall, the netvm of work: Cannot start sys-net, ' +
      'the netvm of sys-firewall: The domain sys-net cannot start: the host ends\0',
  );
  t.is(powerState(qubeOf(next, 'sys-net')), 'Halted');
  t.deepEqual(next.logged, []);
  for (const volume of volumesOf(qubeOf(next, 'sys-net'))) t.false(await volume.isDirty());
});

test('a qube that crashed under one host is cleared away under the next', async (t) => {
  const system = await openSystem(t);
  await setMachine(system, { crashes: { vault: { afterSeconds: 0.5, remains: true } } });
  t.is(await system.ask('admin.vm.Start+ dom0 name vault'), '0\0');
  while (powerState(qubeOf(system, 'vault')) !== 'Crashed') await sleep(5);
  const next = await system.reopen();
  await caughtUp(next, 'vault');
  t.is(powerState(qubeOf(next, 'vault')), 'Crashed');
  t.is(await next.ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  t.is(powerState(qubeOf(next, 'vault')), 'Halted');
});

test('what stopped with the machine is put in order: volumes are saved, disposables that were used go', async (t) => {
  const system = await openSystem(t);
  const used = (await system.ask('admin.vm.CreateDisposable+ dom0 name default-dvm')).slice(2);
  const fresh = (await system.ask('admin.vm.CreateDisposable+ dom0 name default-dvm')).slice(2);
  for (const name of ['vault', used]) {
    t.is(await system.ask(`admin.vm.Start+ dom0 name ${name}`), '0\0');
  }
  const dirty = (one: AdminSystem): Promise<readonly boolean[]> =>
    Promise.all(volumesOf(qubeOf(one, 'vault')).map((volume) => volume.isDirty()));
  t.true((await dirty(system)).includes(true));
  await rebootMachine(system);
  const next = await system.reopen();
  for (const name of ['vault', used]) await caughtUp(next, name);
  t.is(powerState(qubeOf(next, 'vault')), 'Halted');
  t.false((await dirty(next)).includes(true));
  t.is(next.app.qubes.find(used), undefined);
  t.not(next.app.qubes.find(fresh), undefined, 'it was never used');
  t.is(await next.ask('admin.vm.Start+ dom0 name vault'), '0\0');
});

test('a start that broke off with its host is taken back by the next', async (t) => {
  const system = await openSystem(t);
  await setMachine(system, { startSeconds: 3 });
  const unfinished = system.ask('admin.vm.Start+ dom0 name vault');
  while (powerState(qubeOf(system, 'vault')) !== 'Transient') await sleep(5);
  const next = await system.reopen();
  await caughtUp(next, 'vault');
  t.is(powerState(qubeOf(next, 'vault')), 'Halted');
  t.is(await next.app.qubesdb.open('vault'), undefined);
  await setMachine(next, {});
  t.is(await next.ask('admin.vm.Start+ dom0 name vault'), '0\0');
  void unfinished;
});
