import test from 'ava';

import { removeLeftDisposables } from '../../../lib/model/power/remove-left-disposables.ts';
import { openSystem } from '../../support/admin-system.ts';

test('disposables that were never started go, and no others', async (t) => {
  const { app, ask, logged } = await openSystem(t);
  const make = async (): Promise<string> =>
    (await ask('admin.vm.CreateDisposable+ dom0 name default-dvm')).slice(2);
  const left = await make();
  const used = await make();
  await ask(`admin.vm.Start+ dom0 name ${used}`);
  const named = 'name=named label=red';
  await ask('admin.vm.Create.DispVM+default-dvm dom0 name dom0', named);
  const before = new Set([...app.qubes].map(({ name }) => name));
  t.true(before.has('named') && before.has(left) && before.has(used));
  await removeLeftDisposables(app);
  const after = new Set([...app.qubes].map(({ name }) => name));
  t.deepEqual(
    [...before].filter((name) => !after.has(name)),
    [left],
  );
  t.deepEqual(logged, []);
});
