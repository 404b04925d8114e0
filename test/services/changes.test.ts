import { copyFile, readFile, rename } from 'node:fs/promises';

import test from 'ava';

import { openSystem } from '../support/admin-system.ts';

/** Calls that change something, and what of it must be on disk when they are answered. */
const CHANGES: readonly (readonly [header: string, payload: string, saved: string])[] = [
  ['admin.vm.property.Set+memory dom0 name work', '555', '<property name="memory">555</property>'],
  ['admin.property.Set+clockvm dom0 name dom0', 'work', '<property name="clockvm">work</property>'],
  ['admin.vm.feature.Set+one dom0 name work', 'a b', '<feature name="one">a b</feature>'],
  [
    'admin.vm.feature.Set+prohibit-start dom0 name work',
    'it is being restored',
    '<feature name="prohibit-start">it is being restored</feature>',
  ],
  ['admin.vm.feature.Set+one dom0 name dom0', '', '<feature name="one"></feature>'],
  ['admin.vm.tag.Set+one dom0 name work', '', '<tag name="one"/>'],
  ['admin.label.Create+one dom0 name dom0', ' 0xABCDEF\n', 'color="0xABCDEF">one</label>'],
  [
    'admin.vm.Create.AppVM+ dom0 name dom0',
    'name=c label=red',
    '<property name="name">c</property>',
  ],
];

for (const [header, payload, saved] of CHANGES) {
  test(`${header} is on disk when it is answered`, async (t) => {
    const { ask, storeFile } = await openSystem(t);
    t.false((await readFile(storeFile, 'utf8')).includes(saved));
    t.is(await ask(header, payload), '0\0');
    t.true((await readFile(storeFile, 'utf8')).includes(saved));
  });
}

/** Calls that undo a change, and what is not on disk any more. */
const REMOVALS: readonly (readonly [header: string, payload: string, gone: string])[] = [
  ['admin.vm.property.Reset+memory dom0 name work', '', '<property name="memory">555</property>'],
  ['admin.vm.feature.Remove+one dom0 name work', '', '<feature name="one">a b</feature>'],
  ['admin.vm.tag.Remove+one dom0 name work', '', '<tag name="one"/>'],
  ['admin.label.Remove+one dom0 name dom0', '', '>one</label>'],
  ['admin.vm.Remove+ dom0 name c', '', '<property name="name">c</property>'],
];

test('what is removed is gone from disk when that is answered', async (t) => {
  const { ask, storeFile } = await openSystem(t);
  for (const [header, payload] of CHANGES) await ask(header, payload);
  for (const [header, payload, gone] of REMOVALS) {
    t.true((await readFile(storeFile, 'utf8')).includes(gone), header);
    t.is(await ask(header, payload), '0\0', header);
    t.false((await readFile(storeFile, 'utf8')).includes(gone), header);
  }
});

for (const [header, payload] of [...CHANGES, ['admin.vm.Remove+ dom0 name work', '']] as const) {
  test(`${header} leaves nothing behind when it cannot be saved`, async (t) => {
    const { ask, storeFile, logged } = await openSystem(t);
    // Another program has replaced the store: to write would be to lose what it wrote.
    await copyFile(storeFile, `${storeFile}.other`);
    await rename(`${storeFile}.other`, storeFile);
    const before = await ask('admin.vm.Describe+ dom0 name dom0');
    t.regex(await ask(header, payload), /^2\0QubesException\0\0Cannot save .*\0$/s);
    t.is(await ask('admin.vm.Describe+ dom0 name dom0'), before);
    t.false((await ask('admin.label.List+ dom0 name dom0')).includes('one'));
    t.deepEqual(logged, []);
  });
}

/** Calls refused after they were understood: nothing of them may remain. */
const REFUSED: readonly (readonly [header: string, payload: string, reply: RegExp])[] = [
  ['admin.vm.tag.Set+created-by-nobody dom0 name work', '', /^2\0QubesVMNotFoundError\0/],
  ['admin.vm.tag.Set+created-by-dom0 work name work', '', /^2\0PermissionDenied\0/],
  ['admin.vm.tag.Remove+created-by-dom0 work name work', '', /^2\0PermissionDenied\0/],
  ['admin.vm.feature.Set+preload-dispvm dom0 name work', 'x', /^2\0PermissionDenied\0/],
  ['admin.vm.feature.Remove+preload-dispvm dom0 name work', '', /^2\0PermissionDenied\0/],
  ['admin.vm.property.Set+netvm dom0 name sys-net', 'sys-firewall', /^2\0QubesValueError\0/],
  ['admin.vm.property.Set+provides_network dom0 name sys-net', 'no', /^2\0Qubes\w+Error\0/],
  ['admin.vm.property.Reset+label dom0 name work', '', /^2\0QubesValueError\0/],
  ['admin.vm.property.Reset+uuid dom0 name work', '', /^2\0QubesPropertyValueError\0/],
  ['admin.label.Remove+red dom0 name dom0', '', /^2\0ProtocolError\0\0Can only remove custom/],
  ['admin.vm.Create.AdminVM+ dom0 name dom0', 'name=c label=red', /^2\0QubesPropertyValueError\0/],
  [
    'admin.vm.Create.AppVM+sys-net dom0 name dom0',
    'name=c label=red',
    /^2\0QubesPropertyValueError\0/,
  ],
  [
    'admin.vm.CreateInPool.AppVM+ dom0 name dom0',
    'name=c label=red pool=no\n',
    /^2\0QubesException\0\0Unknown storage pool no_\0$/,
  ],
  ['admin.vm.Remove+ dom0 name sys-net', '', /^2\0QubesVMInUseError\0/],
  ['admin.vm.Remove+ dom0 name dom0', '', /^2\0QubesVMInUseError\0/],
];

for (const [header, payload, reply] of REFUSED) {
  test(`${header} is refused, and nothing has changed`, async (t) => {
    const { ask, storeFile, logged } = await openSystem(t);
    const before = [
      await ask('admin.vm.Describe+ dom0 name dom0'),
      await readFile(storeFile, 'utf8'),
    ];
    t.regex(await ask(header, payload), reply);
    const after = [
      await ask('admin.vm.Describe+ dom0 name dom0'),
      await readFile(storeFile, 'utf8'),
    ];
    t.deepEqual(after, before);
    t.deepEqual(logged, []);
  });
}

test('a label that a qube has is not removed, and its number stays', async (t) => {
  const { ask } = await openSystem(t);
  await ask('admin.label.Create+one dom0 name dom0', '0x123456');
  await ask('admin.label.Create+two dom0 name dom0', '0x123456');
  await ask('admin.vm.property.Set+label dom0 name work', 'two');
  t.is(
    await ask('admin.label.Remove+two dom0 name dom0'),
    "2\0QubesLabelInUseError\0\0Label is still in use: 'two'\0",
  );
  t.is(await ask('admin.label.Remove+one dom0 name dom0'), '0\0');
  t.is(await ask('admin.label.Index+two dom0 name dom0'), '0\x0010');
  await ask('admin.label.Create+three dom0 name dom0', '0x123456');
  t.is(await ask('admin.label.Index+three dom0 name dom0'), '0\x0011');
  t.is(await ask('admin.label.Get+11 dom0 name dom0'), '0\x000x123456');
});
