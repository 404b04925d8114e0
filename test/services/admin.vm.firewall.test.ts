import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { mountSmallDisk } from '../base/small-disk.ts';
import { removeExpired } from '../../lib/model/firewall/firewall-file.ts';
import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';

const GET = 'admin.vm.firewall.Get+ dom0 name work';
const SET = 'admin.vm.firewall.Set+ dom0 name work';
const RELOAD = 'admin.vm.firewall.Reload+ dom0 name work';

const RULES = [
  'action=accept dst4=1.2.3.4/32 proto=tcp dstports=443-443 comment=a b c',
  'action=accept dsthost=example.com',
  'action=drop dst6=fe80::/64',
  'action=accept specialtarget=dns',
  'action=accept expire=4102444800 proto=icmp icmptype=8',
  'action=accept dst4=10.0.0.0/8 proto=udp dstports=53-53',
]
  .map((rule) => `${rule}\n`)
  .join('');

/** As the reference writes the rules above. */
const FILE = `<firewall version="2">
  <rules>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="comment">a b c</property>
        <property name="dsthost">1.2.3.4/32</property>
        <property name="proto">tcp</property>
        <property name="dstports">443</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="dsthost">example.com</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">drop</property>
        <property name="dsthost">fe80::/64</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="specialtarget">dns</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="expire">4102444800</property>
        <property name="proto">icmp</property>
        <property name="icmptype">8</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="dsthost">10.0.0.0/8</property>
        <property name="proto">udp</property>
        <property name="dstports">53</property>
      </properties>
    </rule>
  </rules>
</firewall>
`;

test('rules are kept beside the qube, as the reference writes them, and outlive a restart', async (t) => {
  const { ask, root, reopen } = await openSystem(t);
  t.is(await ask(GET), '0\0action=accept\n');
  t.is(await ask(SET, RULES), '0\0');
  t.is(await ask(GET), `0\0${RULES}`);
  t.is(await readFile(join(root, 'appvms', 'work', 'firewall.xml'), 'utf8'), FILE);
  const again = await reopen();
  t.is(await again.ask(GET), `0\0${RULES}`);
  t.is(await again.ask(RELOAD), '0\0');
  t.is(await again.ask('admin.vm.Remove+ dom0 name work'), '0\0');
  t.false(existsSync(join(root, 'appvms', 'work')));
});

test('one bad rule, and nothing is changed', async (t) => {
  const { ask, app, logged } = await openSystem(t);
  await ask(SET, RULES);
  const events: string[] = [];
  app.addObserver((_, event) => {
    if (!event.startsWith('admin-permission:')) events.push(event);
  });
  const bad: readonly (readonly [string | Uint8Array, string])[] = [
    ['action=accept\naction=zap', 'QubesValueError\0\0Rule 2: action is neither accept nor drop'],
    ['\n', 'QubesValueError\0\0Rule 1: is empty'],
    [
      'action=drop comment=a\raction=accept',
      'QubesValueError\0\0Rule 1: has characters that cannot be printed',
    ],
    [
      'action=drop dsthost=a..b',
      'QubesValueError\0\0Rule 1: dsthost is neither an address nor the name of a host',
    ],
    ['action=accept comment=\u017c', 'ProtocolError\0\0Rules contains non-ASCII characters'],
    [Buffer.from([0xff]), 'ProtocolError\0\0Rules contains non-ASCII characters'],
    ['', 'ProtocolError\0\0expected payload'],
  ];
  for (const [payload, error] of bad) t.is(await ask(SET, payload), `2\0${error}\0`);
  t.is(await ask(GET), `0\0${RULES}`);
  t.deepEqual(events, []);
  t.deepEqual(logged, []);
});

test('rules that are set while others expire stay', async (t) => {
  const { ask, app, root } = await openSystem(t);
  const work = app.qubes.find('work');
  if (work === undefined) throw new Error('There is no work');
  const path = join(root, 'appvms', 'work', 'firewall.xml');
  t.is(await ask(SET, 'action=accept expire=4102444800\n'), '0\0');
  const expired = (await readFile(path, 'utf8')).replace('4102444800', '1');
  for (const isFirst of [true, false]) {
    await writeFile(path, expired);
    const removal = isFirst ? removeExpired(work) : undefined;
    const setting = ask(SET, 'action=drop\n');
    await Promise.all([removal ?? removeExpired(work), setting]);
    t.is(await ask(GET), '0\0action=drop\n');
  }
});

test('rules whose time is over are not told, and not kept', async (t) => {
  const { ask, root } = await openSystem(t);
  const expire = Math.floor(Date.now() / 1000) + 5;
  const [passing, lasting] = [`action=accept expire=${expire}\n`, 'action=drop\n'];
  t.is(await ask(SET, `action=accept expire=1\n${passing}${lasting}`), '0\0');
  t.is(await ask(GET), `0\0${passing}${lasting}`);
  const file = () => readFile(join(root, 'appvms', 'work', 'firewall.xml'), 'utf8');
  t.false((await file()).includes('>1<'));
  while ((await file()).includes('expire')) await sleep(20);
  t.true(Date.now() >= expire * 1000);
  t.is(await ask(GET), `0\0${lasting}`);
});

test('what is damaged is an error that names the rule, until new rules are set', async (t) => {
  const { ask, root, logged } = await openSystem(t);
  await write(root, FILE.replace('>53<', '>x<'));
  const error = /^2\0QubesException\0\0Cannot read appvms\/work\/firewall\.xml: rule 6: dstports/;
  t.regex(await ask(GET), error);
  t.regex(await ask(RELOAD), error);
  await write(root, FILE.slice(0, 700));
  t.regex(await ask(GET), /^2\0QubesException\0\0Cannot read .* not well-formed XML/);
  await write(root, '');
  t.regex(await ask(GET), /^2\0QubesException\0\0Cannot read /);
  t.is(await ask(SET, RULES), '0\0');
  t.is(await ask(GET), `0\0${RULES}`);
  t.deepEqual(logged, []);
});

test('the form of Qubes 3 is read, and the present one written', async (t) => {
  const { ask, root } = await openSystem(t);
  await write(
    root,
    '<QubesFirewallRules dns="allow" icmp="deny" policy="deny" yumProxy="allow">' +
      '<rule address="10.1.0.0" netmask="16" port="22"/></QubesFirewallRules>',
  );
  const rules =
    'action=accept specialtarget=dns\naction=drop proto=icmp\n' +
    'action=accept dst4=10.1.0.0/16 proto=tcp dstports=22-22\n';
  t.is(await ask(GET), `0\0${rules}`);
  t.is(await ask(SET, rules), '0\0');
  t.is(await ask(GET), `0\0${rules}`);
  t.regex(await readFile(join(root, 'appvms', 'work', 'firewall.xml'), 'utf8'), /version="2"/);
});

test('a disposable gets the rules of its template', async (t) => {
  const { ask, logged } = await openSystem(t);
  const create = async (): Promise<string> => {
    const reply = await ask('admin.vm.CreateDisposable+ dom0 name default-dvm');
    t.regex(reply, /^0\0disp\d+$/);
    return reply.slice(2);
  };
  t.is(await ask(`admin.vm.firewall.Get+ dom0 name ${await create()}`), '0\0action=accept\n');
  await ask('admin.vm.firewall.Set+ dom0 name default-dvm', RULES);
  const name = await create();
  t.is(await ask(`admin.vm.firewall.Get+ dom0 name ${name}`), `0\0${RULES}`);
  await ask(`admin.vm.Create.DispVM+default-dvm dom0 name dom0`, 'name=mine label=red');
  t.is(await ask('admin.vm.firewall.Get+ dom0 name mine'), `0\0${RULES}`);
  await ask('admin.vm.firewall.Set+ dom0 name default-dvm', 'action=drop');
  t.is(await ask('admin.vm.firewall.Get+ dom0 name mine'), `0\0${RULES}`);
  t.deepEqual(logged, []);
});

test('there is no disposable of a template whose rules nobody can read', async (t) => {
  const { ask, root, logged } = await openSystem(t);
  await write(root, '<firewall version="9"/>', 'default-dvm');
  const list = await ask('admin.vm.List+ dom0 name dom0');
  t.regex(
    await ask('admin.vm.CreateDisposable+ dom0 name default-dvm'),
    /^2\0QubesException\0\0Cannot read appvms\/default-dvm\/firewall\.xml/,
  );
  t.is(await ask('admin.vm.List+ dom0 name dom0'), list);
  t.deepEqual(logged, []);
});

test('dom0 and qubes of another machine have no firewall', async (t) => {
  const { ask, logged } = await openSystem(t);
  for (const [method, payload] of [
    ['Get', ''],
    ['Set', 'action=drop'],
    ['Reload', ''],
  ] as const) {
    t.is(
      await ask(`admin.vm.firewall.${method}+ dom0 name remote1`, payload),
      '2\0QubesNotImplementedError\0\0A RemoteVM has no firewall\0',
    );
    t.is(
      await ask(`admin.vm.firewall.${method}+ dom0 name dom0`, payload),
      '2\0ProtocolError\0\0expected destination to not be AdminVM\0',
    );
  }
  t.deepEqual(logged, []);
});

test('a qube that is being removed gets no rules any more', async (t) => {
  const { ask, root } = await openSystem(t);
  const removing = ask('admin.vm.Remove+ dom0 name work');
  const setting = ask(SET, RULES);
  t.is(await removing, '0\0');
  t.is(await setting, "2\0QubesVMNotFoundError\0\0No such domain: 'work'\0");
  t.false(existsSync(join(root, 'appvms', 'work')));
});

const disk = mountSmallDisk(64 * 1024);
process.once('exit', () => disk?.remove());

(disk === undefined ? test.skip : test)(
  'on a full disk the old rules stay, whole',
  async (t: ExecutionContext) => {
    const { ask, app, root }: AdminSystem = await openSystem(t, { folder: disk?.path });
    await ask(SET, RULES);
    const filler = await open(join(root, 'filler'), 'w');
    for (let isFull = false; !isFull;) {
      isFull = await filler.write(Buffer.alloc(4096)).then(
        () => false,
        () => true,
      );
    }
    t.regex(
      await ask(SET, `${RULES}${'action=drop\n'.repeat(1000)}`),
      /^2\0QubesException\0\0firewall save error: .*disk is full/,
    );
    t.is(await ask(GET), `0\0${RULES}`);
    t.is(app.changes.length, 0);
    await filler.close();
  },
);

async function write(root: string, xml: string, qube = 'work'): Promise<void> {
  await mkdir(join(root, 'appvms', qube), { recursive: true });
  await writeFile(join(root, 'appvms', qube, 'firewall.xml'), xml);
}
