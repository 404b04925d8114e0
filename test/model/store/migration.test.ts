import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { DamagedError } from '../../../lib/base/errors.ts';
import { netvm } from '../../../lib/model/properties/netvm.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import { open, qubeOf, read, realStore } from '../../support/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STORE = realStore('xml/store.qubes.xml');

/** The store with one piece replaced, which must be there. */
function edited(...edits: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return edits.reduce((xml, [from, to]) => {
    const result = xml.replace(from, to);
    if (result === xml) throw new Error(`Nothing to replace: ${String(from)}`);
    return result;
  }, STORE);
}

/** Puts properties into a qube of the store. */
function withProperties(
  qube: string,
  ...properties: readonly (readonly [string, string])[]
): string {
  const added = properties.map(
    ([name, text]) => `\n        <property name="${name}">${text}</property>`,
  );
  const own = `<property name="name">${qube}</property>`;
  return edited([own, `${own}${added.join('')}`]);
}

function value(qube: Qube, property: string): unknown {
  return qube.find(qube.property(property));
}

function refusal(xml: string): string {
  try {
    read(xml);
  } catch (error) {
    if (error instanceof DamagedError) return error.message;
    throw error;
  }
  return 'accepted';
}

const OLD: readonly (readonly [
  what: string,
  xml: string,
  qube: string,
  row: string,
  wanted: unknown,
])[] = [
  ['hvm', withProperties('work', ['hvm', 'True']), 'work', 'virt_mode', 'hvm'],
  ['not hvm', withProperties('work', ['hvm', 'False']), 'work', 'virt_mode', 'pv'],
  [
    'hvm beside virt_mode',
    withProperties('work', ['hvm', 'True'], ['virt_mode', 'pvh']),
    'work',
    'virt_mode',
    'pvh',
  ],
  [
    'dispvm_allowed',
    withProperties('work', ['dispvm_allowed', 'True']),
    'work',
    'template_for_dispvms',
    true,
  ],
  [
    'a default_dispvm that is none',
    withProperties('work', ['default_dispvm', 'vault']),
    'work',
    'default_dispvm',
    null,
  ],
  [
    'a default_dispvm that is gone',
    withProperties('work', ['default_dispvm', 'gone']),
    'work',
    'default_dispvm',
    null,
  ],
  [
    'a management_dispvm that is none',
    withProperties('work', ['management_dispvm', 'fedora-41']),
    'work',
    'management_dispvm',
    null,
  ],
  [
    'meminfo-writer turned off',
    edited([
      /(>work<[^]*?)<features\/>/,
      '$1<features><feature name="service.meminfo-writer"></feature></features>',
    ]),
    'work',
    'maxmem',
    0,
  ],
  [
    'a reference in an attribute',
    edited(['<property name="label">blue<', '<property name="label" ref="label-2"><']),
    'work',
    'label',
    { index: 2, name: 'orange', color: '0xf57900' },
  ],
];
for (const [what, xml, qube, row, wanted] of OLD) {
  test(`an old store: ${what}`, (t) => {
    const { app, write } = read(xml);
    t.deepEqual(value(qubeOf(app, qube), row), wanted);
    t.false(/"(hvm|dispvm_allowed|service\.meminfo-writer|ref)"/.test(write()));
    t.is(read(write()).write(), write());
    t.deepEqual(read(write()).notes, []);
  });
}

test('an old store: a meminfo-writer that is on is only dropped', (t) => {
  const feature = '<features><feature name="service.meminfo-writer">1</feature></features>';
  const { app, write } = read(edited([/(>work<[^]*?)<features\/>/, `$1${feature}`]));
  t.true(qubeOf(app, 'work').isDefault({ name: 'maxmem' }));
  t.is(write(), STORE);
});

test('an old store: a meminfo-writer of dom0 is only dropped, whatever it was', (t) => {
  const feature = '<features><feature name="service.meminfo-writer"></feature></features>';
  const { write, notes } = read(edited([/(class="AdminVM">[^]*?)<features\/>/, `$1${feature}`]));
  t.is(write(), STORE);
  t.is(notes.length, 1);
});

test('an old store: default_fw_netvm becomes the netvm of the qubes that it applied to', (t) => {
  const global = '<property name="default_netvm">';
  const xml = edited(
    [global, `<property name="default_fw_netvm">sys-net</property>\n    ${global}`],
    ['        <property name="netvm">sys-net</property>\n', ''],
  );
  const { app, write } = read(xml);
  t.is(value(qubeOf(app, 'sys-firewall'), 'netvm'), qubeOf(app, 'sys-net'));
  t.is(value(qubeOf(app, 'sys-net'), 'netvm'), null);
  t.is(value(qubeOf(app, 'work'), 'netvm'), qubeOf(app, 'sys-firewall'));
  t.is(write(), STORE);
});

test('an old store: required devices, identity among the options, internal volumes, the old gray', (t) => {
  const device = (required: string, id: string, option = '') =>
    `<device backend-domain="dom0" id="${id}" required="${required}">${option}</device>`;
  const identity = '<option name="identity">0x8086:0x1</option>';
  const xml = edited(
    [
      /(>work<[^]*?<\/tags>)/,
      `$1<devices class="pci">${device('True', '00_1')}${device('no', '00_2', identity)}<device id="00_3"/></devices>`,
    ],
    ['vid="appvms/work/private"', 'vid="appvms/work/private" internal="True"'],
    ['0x555555', '0x555753'],
  );
  const { app, write } = read(xml);
  t.deepEqual(
    qubeOf(app, 'work')
      .devices.list()
      .map(({ port, mode, device: id, backend, options }) => [
        port,
        mode,
        id,
        backend,
        options.size,
      ]),
    [
      ['00_1', 'required', '*', 'dom0', 0],
      ['00_2', 'auto-attach', '0x8086:0x1', 'dom0', 0],
      ['00_3', 'required', '*', '*', 0],
    ],
  );
  t.is(write().replace(/ {6}<devices class="pci">[^]*?<\/devices>\n/, ''), STORE);
});

test('a missing UUID is given, and is on disk when the store is open', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(
    join(folder, 'qubes.xml'),
    edited([/ {8}<property name="uuid">b9e79d99.*\n/, '']),
  );
  const { app, close } = await open(folder);
  const { uuid } = qubeOf(app, 'work');
  await close();
  t.regex(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.true((await readFile(join(folder, 'qubes.xml'), 'utf8')).includes(uuid));
});

test('a circle of netvms is broken', (t) => {
  const { app, notes } = read(
    edited([
      '<property name="netvm"></property>',
      '<property name="netvm">sys-firewall</property>',
    ]),
  );
  const gateways = ['sys-net', 'sys-firewall'].map((name) => qubeOf(app, name).find(netvm));
  t.is(gateways.filter((one) => one === null).length, 1);
  t.is(notes.length, 1);
});

test('dom0 and volumes that are missing are there again', (t) => {
  const { app, notes } = read(
    edited(
      [/ {4}<domain id="domain-0"[^]*?<\/domain>\n/, ''],
      [/(>work<[^]*?)<volume-config>[^]*?<\/volume-config>/, '$1'],
    ),
  );
  t.is(app.qubes.admin.name, 'dom0');
  t.deepEqual([...qubeOf(app, 'work').volumes], [...qubeOf(read(STORE).app, 'work').volumes]);
  t.is(notes.length, 5);
});

const REFUSED: readonly (readonly [what: string, xml: string, message: RegExp])[] = [
  [
    'a netvm that does not exist',
    withProperties('work', ['netvm', 'gone']),
    /netvm of work: Can't set netvm to non-existing qube gone/,
  ],
  [
    'a netvm that lends no network',
    withProperties('work', ['netvm', 'vault']),
    /netvm of work: The vault qube does not provide network/,
  ],
  [
    'a number that is none',
    withProperties('work', ['memory', 'much']),
    /memory of work: Failed to parse property value as int/,
  ],
  [
    'a global reference to nobody',
    edited(['>sys-net</property>', '>gone</property>']),
    /clockvm of the system: .*gone/,
  ],
  [
    'an unknown label',
    edited(['>blue</property>', '>pink</property>']),
    /label of work: Label does not exist: pink/,
  ],
  [
    'a class nobody knows',
    edited(['class="StandaloneVM"', 'class="CloudVM"']),
    /CloudVM: there is no such class/,
  ],
  ['a name that leads elsewhere', edited(['>work</property>', '>../work</property>']), /VM name/],
  [
    'two qubes of one name',
    edited(['>vault</property>', '>work</property>']),
    /work: it has the name, qid or uuid of work/,
  ],
  [
    'two qubes of one qid',
    edited(['name="qid">6<', 'name="qid">8<']),
    /it has the name, qid or uuid of vault/,
  ],
  ['no qid', edited([/<property name="qid">6<\/property>/, '']), /work: it has no qid/],
  [
    'a tag with a blank',
    edited(['<tag name="audiovm-dom0"/>', '<tag name="a b"/>']),
    /a tag of default-dvm: disallowed/,
  ],
  ['another document', '<domains/>', /the root: it is <domains>/],
  ['half a document', STORE.slice(0, 5000), /not well-formed/],
];
for (const [what, xml, message] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    t.regex(refusal(xml), message);
  });
}
