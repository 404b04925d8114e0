import { writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';

import { createLog } from '../../lib/base/log.ts';
import { CurrentPolicy } from '../../lib/policy/current-policy.ts';
import { permittedByPolicy } from '../../lib/rpc/permitted.ts';
import { openSystem } from '../support/admin-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A system with a policy of its own, and the question that its host asks. */
async function ask(t: Parameters<typeof openSystem>[0], text: string | undefined) {
  const { app, ask: call } = await openSystem(t);
  const folder = await temporaryFolder(t);
  const logged: string[] = [];
  const log = createLog((line) => void logged.push(line));
  const write = (policy: string): Promise<void> => writeFile(join(folder, '30-a.policy'), policy);
  if (text !== undefined) await write(text);
  const permitted = permittedByPolicy(app, new CurrentPolicy([folder]), log);
  const mayList = (target: string, caller = 'work'): boolean =>
    permitted(caller, 'admin.vm.List', '', target);
  return { mayList, permitted, write, folder, logged, call, app };
}

test('only what is allowed and goes to dom0 is permitted, and everything to dom0', async (t) => {
  const { mayList, permitted } = await ask(
    t,
    `admin.vm.List * work vault allow target=dom0
     admin.vm.List * work personal ask target=dom0
     admin.vm.List * work untrusted allow
     admin.vm.List * work @adminvm allow
     admin.vm.List * work work allow target=dom0
     admin.vm.feature.Get +a work vault allow target=dom0\n`,
  );
  t.true(mayList('vault'));
  t.false(mayList('personal'));
  t.false(mayList('untrusted'));
  t.true(mayList('dom0'));
  t.true(mayList('@adminvm'));
  t.true(mayList('work'));
  t.false(mayList('sys-net'));
  t.false(mayList('vault', 'personal'));
  t.true(mayList('sys-net', 'dom0'));
  t.true(permitted('work', 'admin.vm.feature.Get', 'a', 'vault'));
  t.false(permitted('work', 'admin.vm.feature.Get', 'b', 'vault'));
});

test('without a policy only dom0 may', async (t) => {
  const { mayList, logged } = await ask(t, undefined);
  t.false(mayList('vault'));
  t.false(mayList('work'));
  t.true(mayList('vault', 'dom0'));
  t.deepEqual(logged, []);
});

test('an answer holds until the system changes', async (t) => {
  const { mayList, call } = await ask(
    t,
    'admin.vm.List * @tag:boss @type:AppVM allow target=dom0\n',
  );
  t.false(mayList('vault'));
  t.is(await call('admin.vm.tag.Set+boss dom0 name work'), '0\0');
  t.true(mayList('vault'));
  t.false(mayList('another'));
  t.is(await call('admin.vm.Create.AppVM+ dom0 name dom0', 'name=another label=red'), '0\0');
  t.true(mayList('another'));
  t.is(await call('admin.vm.tag.Remove+boss dom0 name work'), '0\0');
  t.false(mayList('vault'));
});

test('an answer holds until the policy changes', async (t) => {
  const { mayList, write, folder } = await ask(t, '# nothing\n');
  const rule = 'admin.vm.List * work vault allow target=dom0\n';
  t.false(mayList('vault'));
  writeFileSync(join(folder, '30-a.policy'), rule);
  t.false(mayList('vault'), 'files are looked at once a turn');
  await nextTurn();
  t.true(mayList('vault'));
  // As long as before, and within the same step of the clock.
  await write(rule.replace('vault', 'sysxx'));
  await nextTurn();
  t.false(mayList('vault'));
  await mkdir(join(folder, 'include'));
  await writeFile(join(folder, 'include', 'a'), rule);
  await writeFile(join(folder, '40-b.policy'), '!include include/a\n');
  await nextTurn();
  t.true(mayList('vault'));
  await writeFile(join(folder, 'include', 'a'), '# no rule any more\n');
  await nextTurn();
  t.false(mayList('vault'));
  await writeFile(join(folder, 'include', 'a'), rule);
  await nextTurn();
  t.true(mayList('vault'));
  await rm(folder, { recursive: true });
  await nextTurn();
  t.false(mayList('vault'));
});

test('with a policy that cannot be used only dom0 may, and it is logged once', async (t) => {
  const { mayList, write, logged } = await ask(
    t,
    'admin.vm.List * work @anyvm allow target=dom0\n',
  );
  t.true(mayList('vault'));
  await write('admin.vm.List * work @anyvm allow target=dom0\nwrong\n');
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn();
    t.false(mayList('vault'));
    t.true(mayList('vault', 'dom0'));
  }
  t.is(logged.length, 1);
  t.regex(logged[0] ?? '', /policy cannot be used.*\n.*30-a\.policy:2: wrong number of fields/);
  await write('admin.vm.List * work @anyvm allow target=dom0\n');
  await nextTurn();
  t.true(mayList('vault'));
  await write('wrong\n');
  await nextTurn();
  t.false(mayList('vault'));
  t.is(logged.length, 2);
});

test('dom0 does not touch the policy', async (t) => {
  const { app } = await openSystem(t);
  const untouchable = {
    get: () => {
      throw new Error('asked');
    },
  };
  const permitted = permittedByPolicy(
    app,
    untouchable,
    createLog(() => undefined),
  );
  t.true(permitted('dom0', 'admin.vm.List', '', 'vault'));
  t.throws(() => permitted('work', 'admin.vm.List', '', 'vault'), { message: 'asked' });
});
