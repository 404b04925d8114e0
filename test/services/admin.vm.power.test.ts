import test from 'ava';

import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';

type Asked = readonly [call: string, reply: string | RegExp];

const NOT_STARTED = "2\0QubesVMNotStartedError\0\0Domain is powered off: 'work'\0";
const NOT_RUNNING =
  "2\0QubesVMNotRunningError\0\0Domain not running (either powered off or paused): 'work'\0";
const NOT_PAUSED = "2\0QubesVMNotPausedError\0\0Domain is not paused: 'work'\0";

/** As the reference was asked, one after another, and what it answered. */
const SESSION: readonly Asked[] = [
  ['Pause+ work', NOT_RUNNING],
  ['Suspend+ work', NOT_RUNNING],
  ['Resume+ work', NOT_PAUSED],
  ['Shutdown+ work', NOT_STARTED],
  ['Kill+ work', NOT_STARTED],
  ['Console+ work', NOT_RUNNING],
  ['Start+ work', '0\0'],
  ['Start+ work', '0\0'],
  ['CurrentState+ work', /^0\0mem=409600 mem_static_max=4096000 cputime=\d+ power_state=Running$/],
  ['Console+ work', /^0\0\/.+/],
  ['Pause+ work', '0\0'],
  ['List+ work', /^0\0work class=AppVM state=Paused uuid=\S+\n$/],
  ['Start+ work', '0\0'],
  ['Pause+ work', '0\0'],
  ['Unpause+ work', '0\0'],
  ['Unpause+ work', NOT_PAUSED],
  ['Suspend+ work', '0\0'],
  [
    'CurrentState+ work',
    /^0\0mem=409600 mem_static_max=4096000 cputime=\d+ power_state=Suspended$/,
  ],
  ['Resume+ work', '0\0'],
  ['Resume+ work', NOT_PAUSED],
  ['Shutdown+bogus work', '2\0ProtocolError\0\0Argument must match: force, wait\0'],
  ['Shutdown+force+ work', '2\0ProtocolError\0\0Argument must match: force, wait\0'],
  [
    'Shutdown+ sys-firewall',
    '2\0QubesVMInUseError\0\0There are other VMs connected to this VM: work\0',
  ],
  ['Pause+ work', '0\0'],
  ['Shutdown+wait work', NOT_RUNNING],
  ['Shutdown+force+wait work', '0\0'],
  ['Kill+ work', NOT_STARTED],
  ['Start+ dom0', '2\0QubesVMNotHaltedError\0\0Cannot start Dom0 fake domain!\0'],
  ['Kill+ dom0', '2\0QubesVMError\0\0Cannot kill Dom0 fake domain!\0'],
  ['Suspend+ dom0', '2\0QubesVMError\0\0Cannot suspend Dom0 fake domain!\0'],
  ['Start+ remote1', '2\0QubesVMNotHaltedError\0\0Cannot start a RemoteVM.\0'],
  ['Kill+ remote1', '2\0QubesVMError\0\0Cannot kill a RemoteVM.\0'],
  ['CurrentState+ work', '0\0mem=0 mem_static_max=0 cputime=0 power_state=Halted'],
];

function asker({ ask }: AdminSystem): (call: string, payload?: string) => Promise<string> {
  return (call, payload) => {
    const [method = '', destination = ''] = call.split(' ');
    return ask(`admin.vm.${method} dom0 name ${destination}`, payload);
  };
}

test('calls that start and stop are answered as by the reference', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  for (const [call, expected] of SESSION) {
    const reply = await ask(call);
    if (typeof expected === 'string') t.is(reply, expected, call);
    else t.regex(reply, expected, call);
  }
  t.deepEqual(system.logged, []);
});

test('a new disposable is named, or told by its UUID, and is not started', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  const [, name = ''] = /^0\0(disp\d+)$/.exec(await ask('CreateDisposable+ default-dvm')) ?? [];
  t.regex(await ask(`List+ ${name}`), / class=DispVM state=Halted /);
  t.regex(await ask('CreateDisposable+ dom0'), /^0\0disp\d+$/);
  const byUuid = await ask('CreateDisposable+ default-dvm', 'uuid');
  t.regex(byUuid, /^0\0uuid:[0-9a-f-]{36}$/);
  t.regex(await ask(`List+ ${byUuid.slice(2)}`), /^0\0disp\d+ class=DispVM /);
});

test('what a disposable cannot be made of is refused', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  t.is(
    await ask('CreateDisposable+ work'),
    '2\0QubesException\0\0Refusing to create disposable out of app qube which has template_for_dispvms=False\0',
  );
  t.is(
    await ask('CreateDisposable+ default-dvm', 'zz'),
    "2\0ProtocolError\0\0Invalid payload, expected empty string or 'uuid'\0",
  );
  t.is(
    await ask('CreateDisposable+zz default-dvm', 'zz'),
    "2\0PermissionDenied\0\0Argument not in \"'', 'preload'\"\0",
  );
  await system.ask('admin.vm.property.Set+default_dispvm dom0 name work', '');
  t.regex(
    await system.ask('admin.vm.CreateDisposable+ work name dom0'),
    /^2\0QubesException\0\0work has no default template of disposables/,
  );
});

test('a template that can is told to fill its stock', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  t.is(
    await ask('CreateDisposable+preload default-dvm'),
    "2\0QubesValueError\0\0Qube does not support the RPC(s) 'qubes.WaitForRunningSystem, " +
      "qubes.WaitForSession' but tried to preload, check if template is outdated\0",
  );
  for (const rpc of ['qubes.WaitForRunningSystem', 'qubes.WaitForSession']) {
    await system.ask(`admin.vm.feature.Set+supported-rpc.${rpc} dom0 name fedora-41`, '1');
  }
  const events: string[] = [];
  system.app.addObserver((subject, event) => events.push(`${subject?.name ?? ''} ${event}`));
  t.is(await ask('CreateDisposable+preload default-dvm'), '0\0');
  t.deepEqual(
    events.filter((event) => !event.includes('admin-permission:')),
    ['default-dvm domain-preload-dispvm-start'],
  );
});

test('the machine goes to sleep with its qubes, and wakes with them', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  await ask('Start+ vault');
  const state = async (): Promise<string | undefined> =>
    / state=(\w+) /.exec(await ask('List+ vault'))?.[1];
  const internal = (name: string): Promise<string> => system.ask(`internal.${name} dom0 name dom0`);
  t.is(await internal('SuspendPre'), '0\0');
  t.is(await state(), 'Suspended');
  t.true((await internal('GetSystemInfo')).includes('"power_state": "Suspended"'));
  t.is(await internal('SuspendPost'), '0\0');
  t.is(await state(), 'Running');
  t.false((await internal('GetSystemInfo')).includes('"power_state": "Suspended"'));
});

test('50 starts at once are all answered', async (t) => {
  const system = await openSystem(t);
  const ask = asker(system);
  const names = Array.from({ length: 50 }, (_, index) => `many${index}`);
  for (const name of names) {
    await system.ask('admin.vm.Create.AppVM+ dom0 name dom0', `name=${name} label=red`);
    await system.ask(`admin.vm.property.Set+memory dom0 name ${name}`, '10');
  }
  const replies = await Promise.all(names.map((name) => ask(`Start+ ${name}`)));
  t.deepEqual(
    replies.filter((reply) => reply !== '0\0'),
    [],
  );
  const list = await ask('List+ dom0');
  t.is([...list.matchAll(/^many\d+ class=AppVM state=Running /gm)].length, 50);
  t.deepEqual(system.logged, []);
});
