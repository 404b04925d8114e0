import test from 'ava';

import { QubesDbClient } from '../../lib/qubesdb/client.ts';
import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';
import { databaseSocket } from '../support/qubesdb.ts';

const TEMPLATE = 'fedora-41';

/** What a running qube writes into its database. */
async function claim(
  { root, app }: AdminSystem,
  name: string,
  entries: Readonly<Record<string, string>>,
): Promise<void> {
  const qube = app.qubes.find(name);
  if (qube === undefined) throw new Error(`There is no qube ${name}`);
  await app.qubesdb.start(qube);
  const client = await QubesDbClient.connect(databaseSocket(root, name));
  for (const [path, value] of Object.entries(entries)) await client.write(path, value);
  await client.close();
}

async function featuresOf({ app }: AdminSystem, name: string): Promise<Record<string, string>> {
  return Object.fromEntries(app.qubes.find(name)?.features ?? []);
}

test('a template gets the features it asks for', async (t) => {
  const system = await openSystem(t);
  await claim(system, TEMPLATE, {
    '/features-request/qrexec': '1',
    '/features-request/gui': '1',
    '/features-request/os': 'Linux',
    '/features-request/supported-service.cups': '1',
    '/features-request/not-known': '1',
    '/features-requested/vmexec': '1',
    '/qubes-gui-enabled': '/',
  });
  t.is(await system.ask(`qubes.FeaturesRequest+ ${TEMPLATE} name dom0`), '0\0');
  const features = await featuresOf(system, TEMPLATE);
  t.like(features, { qrexec: '1', gui: '1', os: 'Linux', 'supported-service.cups': '1' });
  t.false('not-known' in features);
  t.false('vmexec' in features);
});

test('a qube whose database is not there asks for nothing', async (t) => {
  const system = await openSystem(t);
  const before = await featuresOf(system, 'work');
  t.is(await system.ask('qubes.FeaturesRequest+ work name dom0'), '0\0');
  t.is(await system.ask('qubes.NotifyTools+ work name dom0'), '0\0');
  t.deepEqual(await featuresOf(system, 'work'), before);
});

for (const value of ['a/b', 'a\n', 'ż', '\u0001']) {
  test(`a request with the value ${JSON.stringify(value)} is refused as a whole`, async (t) => {
    const system = await openSystem(t);
    await claim(system, TEMPLATE, {
      '/features-request/qrexec': '1',
      '/features-request/unknown': value,
    });
    t.is(
      await system.ask(`qubes.FeaturesRequest+ ${TEMPLATE} name dom0`),
      '2\0ProtocolError\0\0Value outside safe set: ' +
        'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,_= \0',
    );
    t.false('qrexec' in (await featuresOf(system, TEMPLATE)));
  });
}

test('Windows tools tell what they can in their own way', async (t) => {
  const system = await openSystem(t);
  await claim(system, 'standalone1', {
    '/qubes-tools/qrexec': '1',
    '/qubes-tools/gui': '1',
    '/qubes-tools/os': 'Windows',
    '/qubes-tools/default-user': '',
    '/qubes-tools/vmexec': '1',
  });
  t.is(await system.ask('qubes.NotifyTools+ standalone1 name dom0'), '0\0');
  const features = await featuresOf(system, 'standalone1');
  t.like(features, { qrexec: '1', gui: '1', os: 'Windows' });
  t.false('vmexec' in features);
  await claim(system, 'standalone1', { '/qubes-tools/os': 'Windows 11' });
  t.is(
    await system.ask('qubes.NotifyTools+ standalone1 name dom0'),
    '2\0ProtocolError\0\0Value outside safe set: ' +
      'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\0',
  );
});

for (const [payload, available] of [
  ['1', '1'],
  [' 17\n', '1'],
  ['0', ''],
  ['000', ''],
  ['99999999999999999999999999', '1'],
] as const) {
  test(`updates: ${JSON.stringify(payload)}`, async (t) => {
    const system = await openSystem(t);
    t.is(await system.ask(`qubes.NotifyUpdates+ ${TEMPLATE} name dom0`, payload), '0\0');
    const features = await featuresOf(system, TEMPLATE);
    t.is(features['updates-available'], available);
    t.regex(features['last-updates-check'] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });
}

for (const payload of ['', ' ', '-1', '1.5', 'x', '１', '1 2']) {
  test(`no number of updates: ${JSON.stringify(payload)}`, async (t) => {
    const system = await openSystem(t);
    const message = payload === '' ? 'expected payload' : 'Update count is not a digit';
    t.is(
      await system.ask(`qubes.NotifyUpdates+ ${TEMPLATE} name dom0`, payload),
      `2\0ProtocolError\0\0${message}\0`,
    );
  });
}

test('a qube that runs from an older state of its template says nothing about its updates', async (t) => {
  const system = await openSystem(t);
  const tell = (): Promise<string> => system.ask('qubes.NotifyUpdates+ vault name dom0', '3');
  t.is(await system.ask('admin.vm.Start+ dom0 name vault'), '0\0');
  t.is(await system.ask(`admin.vm.Start+ dom0 name ${TEMPLATE}`), '0\0');
  t.is(await system.ask(`admin.vm.Shutdown+wait dom0 name ${TEMPLATE}`), '0\0');
  t.is(await tell(), '0\0');
  t.is((await featuresOf(system, TEMPLATE))['updates-available'], undefined);
  t.is(await system.ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  t.is(await system.ask('admin.vm.Start+ dom0 name vault'), '0\0');
  t.is(await tell(), '0\0');
  t.is((await featuresOf(system, TEMPLATE))['updates-available'], '1');
});
