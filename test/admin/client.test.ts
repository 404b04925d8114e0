// The client against a daemon that answers as the reference does, over a real socket.
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { connectToDaemon, SocketTransport } from '../../lib/admin/socket-transport.ts';
import {
  QubesFeatureNotFoundError,
  QubesInvalidTagError,
  QubesLabelNotFoundError,
  QubesNoSuchPropertyError,
  QubesValueError,
  QubesVMAlreadyExistsError,
} from '../../lib/base/admin-error.ts';
import { CancelledError, NeedsError, UsageError } from '../../lib/base/errors.ts';
import { startRecordedDaemon } from '../support/recorded-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function clientOf(path: string, signal?: AbortSignal): AdminClient {
  return new AdminClient(new AdminCalls(new SocketTransport(() => connectToDaemon(path)), signal));
}

async function recorded(t: ExecutionContext, replies?: Readonly<Record<string, string>>) {
  const daemon = await startRecordedDaemon(t, replies);
  return { ...daemon, client: clientOf(daemon.path) };
}

test('the list of qubes is read, in the order of the daemon', async (t) => {
  const { client } = await recorded(t);
  const qubes = await client.list();
  t.is(qubes.length, 12);
  t.deepEqual(qubes[0], {
    name: 'dom0',
    class: 'AdminVM',
    state: 'Running',
    uuid: '00000000-0000-0000-0000-000000000000',
  });
  t.deepEqual(await client.classes(), [
    ...['AppVM', 'TemplateVM', 'StandaloneVM', 'AdminVM', 'DispVM', 'RemoteVM'],
  ]);
});

test('a daemon without uuids, or with facts of the future, is understood', async (t) => {
  const { client } = await recorded(t, {
    'admin.vm.List+ dom0 name dom0\0': '0\0work class=AppVM state=Halted new=fact\n',
  });
  t.deepEqual(await client.list(), [{ name: 'work', class: 'AppVM', state: 'Halted' }]);
});

test('properties: one, all with their escapes, default, help', async (t) => {
  const { client } = await recorded(t);
  const { properties } = client.qube('work');
  t.deepEqual(await properties.get('netvm'), { value: 'sys-firewall', type: 'vm', default: true });
  t.deepEqual(await properties.get('kernelopts'), {
    ...{ value: 'a\nb\\c', type: 'str', default: false },
  });
  t.deepEqual(await properties.getDefault('netvm'), { value: 'sys-firewall', type: 'vm' });
  t.is(await properties.getDefault('label'), undefined);
  t.is(await properties.help('klass'), 'Domain class name');
  const all = await properties.getAll();
  t.deepEqual([...all.keys()], await properties.list());
  t.deepEqual(all.get('label')?.type, 'label');
  t.deepEqual(await client.system.get('default_netvm'), {
    ...{ value: 'sys-firewall', type: 'vm', default: false },
  });
});

test('a value with line breaks and backslashes is the same from Get and from GetAll', async (t) => {
  const { client } = await recorded(t, {
    'admin.vm.property.GetAll+ dom0 name work\0':
      '0\0kernelopts default=False type=str a\\nb\\\\c\\\\n\nvcpus default=True type=int 2\n',
  });
  const all = await client.qube('work').properties.getAll();
  t.is(all.get('kernelopts')?.value, 'a\nb\\c\\n');
  t.is(all.get('vcpus')?.value, '2');
});

test('what is set goes out as the reference got it', async (t) => {
  const { client, requests } = await recorded(t);
  const work = client.qube('work');
  await work.properties.set('memory', '500');
  await work.properties.set('kernelopts', 'a\nb\\c');
  await work.properties.reset('memory');
  await work.features.set('sp-x.y_z', 'a b ~');
  await work.features.set('empty', '');
  await work.features.remove('foo');
  await work.tags.add('t_1-A');
  await work.tags.remove('t_1-A');
  await work.setNotes('zażółć\ttab\nnl \x07bell \u202e');
  await client.labels.create('mylabel', '0xabcdef');
  await client.labels.remove('mylabel');
  await client.create({ name: 'c2', class: 'AppVM', label: 'blue' });
  const pools = new Map([['private', 'varlibqubes']]);
  const inPool = { class: 'AppVM', label: 'red', template: 'fedora-41' };
  await client.create({ ...inPool, name: 'c4', pool: 'varlibqubes' });
  await client.create({ ...inPool, name: 'c5', pools });
  t.deepEqual(requests, [
    'admin.vm.property.Set+memory dom0 name work\x00500',
    'admin.vm.property.Set+kernelopts dom0 name work\0a\nb\\c',
    'admin.vm.property.Reset+memory dom0 name work\0',
    'admin.vm.feature.Set+sp-x.y_z dom0 name work\0a b ~',
    'admin.vm.feature.Set+empty dom0 name work\0',
    'admin.vm.feature.Remove+foo dom0 name work\0',
    'admin.vm.tag.Set+t_1-A dom0 name work\0',
    'admin.vm.tag.Remove+t_1-A dom0 name work\0',
    'admin.vm.notes.Set+ dom0 name work\0zażółć\ttab\nnl \x07bell \u202e',
    'admin.label.Create+mylabel dom0 name dom0\x000xabcdef',
    'admin.label.Remove+mylabel dom0 name dom0\0',
    'admin.vm.Create.AppVM+ dom0 name dom0\0name=c2 label=blue',
    'admin.vm.CreateInPool.AppVM+fedora-41 dom0 name dom0\0name=c4 label=red pool=varlibqubes',
    'admin.vm.CreateInPool.AppVM+fedora-41 dom0 name dom0\0name=c5 label=red pool:private=varlibqubes',
  ]);
});

test('features, tags, labels, state and notes', async (t) => {
  const { client } = await recorded(t, {
    'admin.vm.feature.List+ dom0 name work\0': '0\0foo\nempty\nnosuch\n',
    'admin.label.List+ dom0 name dom0\0': '0\0red\n',
  });
  const work = client.qube('work');
  const features = await work.features.getAll();
  t.deepEqual(
    [...features],
    [
      ['foo', '1'],
      ['empty', ''],
    ],
    'one went away meanwhile',
  );
  t.deepEqual(await work.tags.list(), ['audiovm-dom0', 'guivm-dom0']);
  t.true(await work.tags.has('t_1-A'));
  t.false(await work.tags.has('none'));
  t.deepEqual(await client.labels.getAll(), [{ name: 'red', index: 1, color: '0xcc0000' }]);
  t.deepEqual(await client.qube('dom0').state(), {
    ...{ powerState: 'Running', memoryKiB: 4194304, memoryMaxKiB: 4194304, cpuTime: 612764394 },
  });
  t.is(await work.notes(), 'zażółć\ttab\nnl _bell _');
});

test('an error of the daemon keeps its class and its words', async (t) => {
  const { client } = await recorded(t);
  const work = client.qube('work');
  await t.throwsAsync(work.properties.get('nosuch'), {
    instanceOf: QubesNoSuchPropertyError,
    message: "Invalid property 'nosuch' of work",
  });
  await t.throwsAsync(work.properties.set('memory', 'abc'), { instanceOf: QubesValueError });
  await t.throwsAsync(work.features.get('nosuch'), { instanceOf: QubesFeatureNotFoundError });
  await t.throwsAsync(work.tags.add('a.b'), { instanceOf: QubesInvalidTagError });
  await t.throwsAsync(client.labels.get('nosuch'), { instanceOf: QubesLabelNotFoundError });
  const c1 = { name: 'c1', class: 'AppVM', label: 'red' };
  await t.throwsAsync(client.create(c1), { instanceOf: QubesVMAlreadyExistsError });
});

test('a daemon that answers nothing is told as such', async (t) => {
  const { client } = await recorded(t);
  const { tags } = client.qube('work');
  await t.throwsAsync(tags.add('created-by-x'), {
    instanceOf: NeedsError,
    message: /answered nothing/,
  });
});

test('describe takes one call where the daemon knows it', async (t) => {
  const line = {
    ...{ name: 'work', class: 'AppVM', state: 'Halted' },
    uuid: '00000000-0000-0000-0000-000000000001',
    properties: { netvm: { value: '', type: 'vm', default: false } },
    features: { foo: '' },
    tags: ['a'],
  };
  const { client, requests } = await recorded(t, {
    'admin.vm.Describe+ dom0 name dom0\0': `0\0${JSON.stringify(line)}\n`,
  });
  const [work] = await client.describe();
  t.deepEqual(work?.properties.get('netvm'), { value: '', type: 'vm', default: false });
  t.deepEqual([...(work?.features ?? [])], [['foo', '']]);
  t.deepEqual(work?.tags, ['a']);
  t.is(requests.length, 1);
});

for (const refusal of [
  "ProtocolError\0\0no such method: 'admin.vm.Describe'",
  'PermissionDenied\0\0',
]) {
  test(`describe asks for each thing where the answer is ${refusal.split('\0', 1).join()}`, async (t) => {
    const { client } = await recorded(t, {
      'admin.vm.Describe+ dom0 name work\0': `2\0${refusal}\0`,
      'admin.vm.feature.List+ dom0 name work\0': '0\0foo\n',
    });
    const [work, ...others] = await client.describe('work');
    if (work === undefined) return t.fail();
    t.is(work.uuid, 'd68f8c99-88f0-4d85-83ae-4e2e01a2f7a9');
    t.is(work.properties.get('label')?.type, 'label');
    t.deepEqual([...work.features], [['foo', '1']]);
    t.deepEqual(work.tags, ['audiovm-dom0', 'guivm-dom0']);
    t.deepEqual(others, []);
  });
}

const EVENTS =
  '1\0\0connection-established\0\0' +
  '1\0work\0property-set:memory\0name\0memory\0newvalue\x00444\0oldvalue\x00400\0\0' +
  '1\0\0domain-add\0vm\0evvm\0\0';

for (const piece of [1, 7, Infinity]) {
  test(`events are read in pieces of ${piece} bytes`, async (t) => {
    const { path } = await startRecordedDaemon(
      t,
      { 'admin.Events+ dom0 name dom0\0': EVENTS },
      piece,
    );
    const seen = [];
    for await (const { subject, event, payload } of clientOf(path).events()) {
      seen.push([subject, event, Object.fromEntries(payload)]);
    }
    t.deepEqual(seen, [
      ['work', 'property-set:memory', { name: 'memory', newvalue: '444', oldvalue: '400' }],
      ['', 'domain-add', { vm: 'evvm' }],
    ]);
  });
}

test('events that are refused, or never begin, are errors', async (t) => {
  const { client } = await recorded(t, {
    'admin.Events+ dom0 name dom0\0': '2\0PermissionDenied\0\0no\0',
    'admin.Events+ dom0 name work\0': '',
  });
  await t.throwsAsync(client.events().next(), { message: 'no' });
  await t.throwsAsync(client.events('work').next(), { message: /answered nothing/ });
});

test('nobody who listens is told with the path', async (t) => {
  const path = join(await temporaryFolder(t), 'absent.sock');
  await t.throwsAsync(clientOf(path).list(), { instanceOf: NeedsError, message: /absent\.sock/ });
});

test('a call to a daemon that is silent ends when it is cancelled', async (t) => {
  const path = join(await temporaryFolder(t), 'qubesd.sock');
  const noticed = new Promise<void>((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const writing = setInterval(() => socket.write('0'), 10).unref();
      socket.resume().on('error', () => {
        clearInterval(writing);
        resolve();
      });
    });
    server.listen(path);
    t.teardown(() => void server.close());
  });
  const controller = new AbortController();
  const call = clientOf(path, controller.signal).list();
  setTimeout(() => controller.abort(new CancelledError('Enough')), 50);
  await t.throwsAsync(call, { instanceOf: CancelledError, message: 'Enough' });
  await noticed;
});

const NOT_UNDERSTOOD: readonly (readonly [
  string,
  string,
  (client: AdminClient) => Promise<unknown>,
])[] = [
  ['a list of qubes', 'admin.vm.List+ dom0 name dom0\0', (client) => client.list()],
  [
    'a property',
    'admin.vm.property.Get+x dom0 name work\0',
    (client) => client.qube('work').properties.get('x'),
  ],
  ['all properties', 'admin.property.GetAll+ dom0 name dom0\0', (client) => client.system.getAll()],
  ['a tag', 'admin.vm.tag.Get+x dom0 name work\0', (client) => client.qube('work').tags.has('x')],
  ['a state', 'admin.vm.CurrentState+ dom0 name work\0', (client) => client.qube('work').state()],
  ['descriptions', 'admin.vm.Describe+ dom0 name dom0\0', (client) => client.describe()],
  ['names', 'admin.label.List+ dom0 name dom0\0', (client) => client.labels.list()],
];

for (const [what, request, ask] of NOT_UNDERSTOOD) {
  test(`an answer that is not ${what} is refused, and harmless to show`, async (t) => {
    for (const reply of ['0\0\x1b]0;evil\x07 =\n', '0\0{"name":1}\n \n', 'garbage', '0\0\xff']) {
      const { client } = await recorded(t, { [request]: reply });
      const error = await t.throwsAsync(
        ask(client),
        { instanceOf: NeedsError },
        JSON.stringify(reply),
      );
      t.regex(error.message, /^[\x20-\x7e…]+$/);
    }
  });
}

test('what cannot be carried is refused before anything is sent', async (t) => {
  const { client, requests } = await recorded(t);
  const qube = { name: 'c1', class: 'AppVM', label: 'red' };
  await t.throwsAsync(client.create({ ...qube, name: 'c1 pool=x' }), { instanceOf: UsageError });
  await t.throwsAsync(client.qube('work').tags.add('a b'));
  await t.throwsAsync(client.qube('wo\0rk').tags.list());
  await t.throwsAsync(client.qube('work').setNotes('x'.repeat(65_536)), { message: /too long/ });
  t.deepEqual(requests, []);
});
