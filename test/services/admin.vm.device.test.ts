import test from 'ava';
import type { ExecutionContext } from 'ava';

import { DISKS, openDeviceSystem } from '../support/device-system.ts';
import type { DeviceSystem } from '../support/device-system.ts';

/** `sys-net` has the recorded disks, and `work` and `personal` run. */
async function openWithDisks(t: ExecutionContext): Promise<DeviceSystem> {
  const system = await openDeviceSystem(t);
  for (const name of ['sys-net', 'work', 'personal']) await system.run(name);
  await system.expose('sys-net', 'block', DISKS);
  await system.until(async () => {
    const told = system.told();
    return told.length > 0 || (await system.ask(available)).includes('sr0');
  });
  system.told();
  return system;
}

const available = 'admin.vm.device.block.Available+ dom0 name sys-net';

function block(call: string, destination = 'work'): string {
  return `admin.vm.device.block.${call} dom0 name ${destination}`;
}

const SDA1 =
  "sda1::None:1 device_id=':None:1' port_id='sda1' devclass='block' backend_domain='sys-net' " +
  "serial='' manufacturer='sub-device of sys-net:sda' name='DATA' interfaces='b******' " +
  "parent_port_id='sda' parent_devclass='block'\n";
const SDA =
  "sda::None device_id=':None' port_id='sda' devclass='block' backend_domain='sys-net' " +
  "serial='ACME Disk' manufacturer='hosted by sys-net' name='USB Stick' interfaces='b******'\n";
const SR0 =
  "sr0::0 device_id=':0' port_id='sr0' devclass='block' backend_domain='sys-net' " +
  "serial='ACME CD' manufacturer='hosted by sys-net' interfaces='b******'\n";

test('the devices of a running qube are listed as the reference lists them', async (t) => {
  const { ask, logged } = await openWithDisks(t);
  t.is(await ask(available), `0\0${SDA1}${SDA}${SR0}`);
  t.is(await ask(block('Available+sda', 'sys-net')), `0\0${SDA}`);
  t.is(await ask(block('Available+zzz', 'sys-net')), '0\0');
  for (const other of ['vault', 'remote1', 'dom0', 'work']) {
    t.is(await ask(block('Available+', other)), '0\0', other);
  }
  t.is(
    await ask('admin.vm.device.pci.Available+ dom0 name dom0'),
    "0\x0000_14.0:0x8086:0xa36d::p0c0330 device_id='0x8086:0xa36d::p0c0330' port_id='00_14.0' " +
      "devclass='pci' backend_domain='dom0' " +
      "product='Cannon Lake PCH USB 3.1 xHCI Host Controller' vendor='Intel Corporation' " +
      "interfaces='p0c0330' _sbdf='0000:00:14.0'\n" +
      "00_1f.0:0x8086:0x15bb::p020000 device_id='0x8086:0x15bb::p020000' port_id='00_1f.0' " +
      "devclass='pci' backend_domain='dom0' product='Ethernet Connection (7) I219-LM' " +
      "vendor='Intel Corporation' interfaces='p020000' _sbdf='0000:00:1f.0'\n",
  );
  t.is(
    await ask('admin.vm.device.mic.Available+ dom0 name dom0'),
    "0\0mic:dom0:mic::m000000 device_id='dom0:mic::m000000' port_id='mic' devclass='mic' " +
      "backend_domain='dom0' product='microphone' manufacturer='build-in' interfaces='m000000'\n",
  );
  t.deepEqual(logged, []);
});

test('the recorded calls on one disk after another are answered and told as recorded', async (t) => {
  const { ask, told } = await openWithDisks(t);
  const says = async (call: string, payload: string, reply: string): Promise<void> => {
    t.is(await ask(block(call), payload), reply, call);
  };
  const fails = (wireName: string, message: string): string => `2\0${wireName}\0\0${message}\0`;
  await says('Assign+sys-net+sda', "mode='auto-attach'", '0\0');
  t.deepEqual(told(), [
    'work device-pre-assign:block device=sys-net:sda:* options={}',
    'work device-assign:block device=sys-net:sda:* options={}',
  ]);
  const twice = "'block device sys-net:sda:* already assigned to work'";
  await says('Assign+sys-net+sda', "mode='auto-attach'", fails('DeviceAlreadyAssigned', twice));
  await says(
    'Assign+sys-net+sda1:*',
    "device_id='*' port_id='sda1' devclass='block' backend_domain='sys-net' mode='required' " +
      "frontend_domain='work' _read-only='yes' _note='it\\'s'",
    '0\0',
  );
  const required =
    "sys-net+sda1:* device_id='*' port_id='sda1' devclass='block' backend_domain='sys-net' " +
    "mode='required' frontend_domain='work' _read-only='yes' _note='it\\'s'\n";
  const assigned = (mode: string): string =>
    "sys-net+sda:* device_id='*' port_id='sda' devclass='block' backend_domain='sys-net' " +
    `mode='${mode}' frontend_domain='work'\n`;
  await says('Assigned+', '', `0\0${required}${assigned('auto-attach')}`);
  await says('Assigned+sys-net+sda', '', `0\0${assigned('auto-attach')}`);
  await says('Attached+', '', '0\0');
  told();
  await says(
    'Attach+sys-net+sda',
    "device_id=':None' port_id='sda' devclass='block' backend_domain='sys-net' mode='manual' " +
      "frontend_domain='work'",
    '0\0',
  );
  await says('Attach+sys-net+sr0', '', '0\0');
  t.deepEqual(told(), [
    'work device-pre-attach:block device=sys-net:sda::None options={}',
    "work device-attach:block device=sys-net:sda::None options={'read-only': 'no', 'frontend-dev': 'xvdi'}",
    'work device-pre-attach:block device=sys-net:sr0::0 options={}',
    "work device-attach:block device=sys-net:sr0::0 options={'read-only': 'yes', 'frontend-dev': 'xvdj'}",
  ]);
  await says(
    'Attached+',
    '',
    "0\0sys-net+sda::None device_id=':None' port_id='sda' devclass='block' " +
      "backend_domain='sys-net' mode='manual' frontend_domain='work' _read-only='no' " +
      "_frontend-dev='xvdi'\n" +
      "sys-net+sr0::0 device_id=':0' port_id='sr0' devclass='block' backend_domain='sys-net' " +
      "mode='manual' frontend_domain='work' _read-only='yes' _frontend-dev='xvdj'\n",
  );
  const withHolder = (line: string): string =>
    line.replace(' interfaces', " attachment='work' interfaces");
  t.is(await ask(available), `0\0${SDA1}${withHolder(SDA)}${withHolder(SR0)}`);
  await says('Set.assignment+sys-net+sda', 'required', '0\0');
  t.deepEqual(told(), [
    'work device-pre-assign:block device=sys-net:sda:* options={}',
    'work device-assignment-changed:block device=sys-net:sda:*',
  ]);
  await says('Set.assignment+sys-net+sda', 'required', '0\0');
  t.deepEqual(told(), []);
  const bogus = fails('QubesUnrecognizedDeviceAssignmentMode', 'Invalid assignment mode');
  await says('Set.assignment+sys-net+sda', 'bogus', bogus);
  const unknown = fails('QubesValueError', 'Device sys-net:sdz:* not assigned to work');
  await says('Set.assignment+sys-net+sdz', 'required', unknown);
  await says('Assigned+', '', `0\0${required}${assigned('required')}`);
  const needed =
    'Can not detach a required device from a non halted qube. You need to unassign device first.';
  await says('Detach+sys-net+sda', '', fails('QubesVMNotHaltedError', needed));
  await says('Unassign+sys-net+sda', '', '0\0');
  const notAssigned = "'block device sys-net:sda:* not assigned to work'";
  await says('Unassign+sys-net+sda', '', fails('DeviceNotAssigned', notAssigned));
  await says('Unassign+sys-net+sda1:*', '', '0\0');
  t.deepEqual(told(), [
    'work device-unassign:block device=sys-net:sda:*',
    'work device-unassign:block device=sys-net:sda1:*',
  ]);
  await says('Detach+sys-net+sr0', '', '0\0');
  t.deepEqual(told(), [
    'work device-pre-detach:block port=sys-net:sr0',
    'work device-detach:block port=sys-net:sr0',
  ]);
  const gone = "'block device sr0 not attached to work'";
  await says('Detach+sys-net+sr0', '', fails('DeviceNotAssigned', gone));
});

/** What is wrong with a call on a system whose `work` has `sda`, and what it is told. */
const REFUSED: readonly (readonly [call: string, payload: string, error: string])[] = [
  [
    'Attach+sys-net+sda',
    '',
    "DeviceAlreadyAttached|'device sys-net:sda::None of class block already attached to work'",
  ],
  [
    'Attach+sys-net+sda personal',
    '',
    "DeviceAlreadyAttached|'Device sys-net:sda::None already attached to work'",
  ],
  [
    'Attach+sys-net+sda1 vault',
    '',
    'QubesVMNotRunningError|VM not running, cannot attach device, do you mean `assign`?',
  ],
  ['Attach+sys-net+sda1 dom0', '', "QubesException|Can't attach block device to dom0"],
  ['Attach+sys-net+sda1 remote1', '', "QubesException|Can't attach block device to remote1"],
  ['Attach+sys-net+nosuch', '', 'ProtocolError|Cannot attach unknown block device.'],
  ['Attach+sys-net+sda1:x', '', 'ProtocolError|Cannot attach unknown block device.'],
  ['Attach+sys-net+_', '', 'ProtocolError|Cannot attach ambiguous block device.'],
  ['Attach+nosuch+sda1', '', "QubesVMNotFoundError|No such domain: 'nosuch'"],
  [
    'Attach+sys-net',
    '',
    'ProtocolError|Device must be given as BACKEND+PORT or BACKEND+PORT:DEVICE',
  ],
  [
    'Attach+sys-net+',
    '',
    'ProtocolError|Device port is missing, too long or contains illegal characters',
  ],
  ['Attach++sda', '', 'QubesValueError|VM name contains illegal characters'],
  ['Attach+sys-net+sda1', "_foo='x'", 'QubesValueError|Unsupported option foo'],
  [
    'Attach+sys-net+sda1',
    "_frontend-dev='foo'",
    'QubesValueError|Invalid frontend-dev option value: foo',
  ],
  [
    'Attach+sys-net+sda1',
    "_frontend-dev='xvdi'",
    'QubesValueError|Frontend device xvdi is in use in work',
  ],
  [
    'Attach+sys-net+sda1',
    "_frontend-dev='xvda'",
    'QubesValueError|Frontend device xvda is in use in work',
  ],
  [
    'Attach+sys-net+sda1',
    "_read-only='foo'",
    "QubesValueError|Invalid literal for boolean property: 'foo'",
  ],
  [
    'Attach+sys-net+sr0',
    "_read-only='no'",
    'QubesValueError|This device can be attached only read-only',
  ],
  [
    'Attach+sys-net+sr0',
    "_devtype='tape'",
    "QubesValueError|devtype option can only have 'disk' or 'cdrom' value",
  ],
  ['Attach+sys-net+sda1', "mode='bogus'", "ProtocolError|'bogus' is not a valid AssignmentMode"],
  ['Attach+sys-net+sda1', "foo='bogus'", "ProtocolError|Unknown device property 'foo'"],
  [
    'Attach+sys-net+sda1',
    "mode='manual' mode='manual'",
    'ProtocolError|Device property mode is given twice',
  ],
  [
    'Attach+sys-net+sda1',
    'garbage',
    "ProtocolError|Device properties must be given as name='value', between spaces",
  ],
  [
    'Attach+sys-net+sda1',
    "_x='\u00e9'",
    'ProtocolError|Device properties contain non-ASCII characters',
  ],
  [
    'Attach+sys-net+sda1',
    "_x='a\nb'",
    'ProtocolError|Invalid chars in device properties: only printable ASCII is allowed',
  ],
  [
    'Attach+sys-net+sda1',
    "backend_domain='work'",
    'ProtocolError|Got device exposed by work when expected devices from sys-net.',
  ],
  [
    'Attach+sys-net+sda1',
    "port_id='sda'",
    'ProtocolError|Got device from port: sda when expected port: sda1.',
  ],
  ['Attach+sys-net+sda1', "devclass='usb'", 'ProtocolError|Got usb device when expected block.'],
  [
    'Attach+sys-net+sda1',
    "frontend_domain='vault'",
    'ProtocolError|Got device for vault when expected work.',
  ],
  [
    'Attach+sys-net+sda1:a',
    "device_id='b'",
    "ProtocolError|Unrecognized device identity 'b' expected 'a'",
  ],
  [
    'Assign+sys-net+sda1',
    "mode='manual'",
    'QubesValueError|Only auto-attachable devices can be assigned.',
  ],
  ['Assign+nosuch+sda', "mode='required'", "QubesVMNotFoundError|No such domain: 'nosuch'"],
  [
    'Assign+sys-net+sda remote1',
    "mode='required'",
    "QubesException|This qube doesn't support devices",
  ],
  [
    'Assigned+sys-net',
    '',
    'ProtocolError|Device must be given as BACKEND+PORT or BACKEND+PORT:DEVICE',
  ],
  ['Detach+sys-net+sr1', '', "DeviceNotAssigned|'block device sr1 not attached to work'"],
  ['Detach+personal+sda', '', "DeviceNotAssigned|'block device sda not attached to work'"],
];

test('what cannot be done is refused with the reason, and nothing changes', async (t) => {
  const { ask, logged } = await openWithDisks(t);
  t.is(await ask(block('Attach+sys-net+sda')), '0\0');
  const before = await stateOf(ask);
  for (const [call, payload, error] of REFUSED) {
    const [argument = '', destination] = call.split(' ');
    const [wireName, message] = error.split('|');
    const reply = await ask(block(argument, destination), payload);
    t.is(reply, `2\0${wireName}\0\0${message}\0`, `${call} <- ${payload}`);
  }
  t.deepEqual(await stateOf(ask), before);
  t.deepEqual(logged, []);
});

async function stateOf(ask: DeviceSystem['ask']): Promise<readonly string[]> {
  const calls = [available, block('Attached+'), block('Assigned+'), block('Attached+', 'personal')];
  return Promise.all(calls.map((call) => ask(call)));
}

test('options go by the class of the device, and what is not given is chosen', async (t) => {
  const { ask, told } = await openWithDisks(t);
  t.is(await ask(block('Attach+sys-net+sda'), "_frontend-dev='xvdz' _read-only='1'"), '0\0');
  t.is(await ask(block('Attach+sys-net+sr0', 'personal'), "_devtype='cdrom'"), '0\0');
  t.deepEqual(told().slice(1, 2), [
    "work device-attach:block device=sys-net:sda::None options={'frontend-dev': 'xvdz', 'read-only': 'yes'}",
  ]);
  t.true((await ask(block('Attached+'))).endsWith(" _read-only='yes' _frontend-dev='xvdz'\n"));
  t.true(
    (await ask(block('Attached+', 'personal'))).endsWith(
      " _read-only='yes' _frontend-dev='xvdi' _devtype='cdrom'\n",
    ),
  );
  // Without a kernel of dom0 the first free one of those that can be booted from.
  t.is(await ask('admin.vm.property.Set+kernel dom0 name personal', ''), '0\0');
  t.is(await ask(block('Detach+sys-net+sr0', 'personal')), '0\0');
  t.is(await ask(block('Attach+sys-net+sr0', 'personal'), "_devtype='cdrom'"), '0\0');
  t.regex(await ask(block('Attached+', 'personal')), /_frontend-dev='xvdd' _devtype='cdrom'\n$/);
});

test('two who want the same device at once: one gets it', async (t) => {
  const { ask } = await openWithDisks(t);
  const replies = await Promise.all(
    ['work', 'personal'].map((name) => ask(block('Attach+sys-net+sda', name))),
  );
  t.deepEqual(
    replies.map((reply) => reply.slice(0, 23)),
    ['0\0', '2\0DeviceAlreadyAttached'],
  );
  const both = await Promise.all(
    ['sda1', 'sr0'].map((port) => ask(block(`Attach+sys-net+${port}`, 'personal'))),
  );
  t.deepEqual(both, ['0\0', '0\0']);
  const attached = await ask(block('Attached+', 'personal'));
  t.deepEqual(attached.match(/xvd\w/g), ['xvdi', 'xvdj']);
});

test('every form of the argument means the same', async (t) => {
  const { ask } = await openWithDisks(t);
  for (const argument of ['sys-net+sda1', 'sys-net+sda1::None:1', 'sys-net+sda1++None+1']) {
    t.is(await ask(block(`Attach+${argument}`)), '0\0', argument);
    t.is(await ask(block(`Detach+${argument}`)), '0\0', argument);
  }
  for (const argument of ['sys-net+sda:*', 'sys-net+sda+_', 'sys-net+sda', 'sys-net+sda:']) {
    t.is(await ask(block(`Assign+${argument}`), "mode='auto-attach'"), '0\0', argument);
    t.is(await ask(block('Unassign+sys-net+sda')), '0\0', argument);
  }
  t.is(await ask(block('Assign+sys-net+_+0000+0000++_______'), "mode='required'"), '0\0');
  t.regex(await ask(block('Assigned+')), /^0\0sys-net\+\*:0000:0000::\?\*{6} device_id=/);
  t.is(await ask(block('Unassign+sys-net+*:0000:0000::?******')), '0\0');
});

test('several assignments at one port are all listed', async (t) => {
  const { ask } = await openWithDisks(t);
  for (const device of ['a', 'b']) {
    await ask(block(`Assign+sys-net+sda:${device}`), "mode='auto-attach'");
  }
  const reply = await ask(block('Assigned+sys-net+sda'));
  t.is(reply.split('\n').length, 3, reply);
});

test('an attached device that is assigned by exactly its name is shown as it is assigned', async (t) => {
  const { ask } = await openWithDisks(t);
  await ask(block('Assign+sys-net+sda::None'), "mode='ask-to-attach' _read-only='yes'");
  await ask(block('Attach+sys-net+sda'), '');
  t.regex(
    await ask(block('Attached+')),
    / mode='ask-to-attach' frontend_domain='work' _read-only='yes'\n$/,
  );
});

test('nobody is told when interfaces are allowed that were', async (t) => {
  const { ask, app } = await openWithDisks(t);
  const told: string[] = [];
  app.addObserver((_, event) => {
    if (event.startsWith('property-')) told.push(event);
  });
  const change = (verb: string): Promise<string> =>
    ask(`admin.vm.device.denied.${verb}+ dom0 name work`, 'b******');
  t.is(await change('Remove'), '0\0');
  t.deepEqual(told, []);
  t.is(await change('Add'), '0\0');
  t.deepEqual(told, ['property-pre-set:devices_denied', 'property-set:devices_denied']);
});

test('interfaces are denied and allowed again, and what is denied is not attached by hand', async (t) => {
  const { ask } = await openWithDisks(t);
  const denied = (verb: string, name = 'work'): string =>
    `admin.vm.device.denied.${verb}+ dom0 name ${name}`;
  t.is(await ask(denied('List')), '0\0');
  t.is(await ask(denied('Add'), 'b******u03****'), '0\0');
  t.is(
    await ask(denied('Add'), 'b******b******'),
    '2\0ProtocolError\0\0Duplicated device interfaces in payload.\0',
  );
  t.is(
    await ask(denied('Add'), 'zz'),
    "2\0QubesValueError\0\0Invalid length of interfaces='zz' (is 2, expected multiple of 7)\0",
  );
  t.regex(await ask(denied('Add'), 'zzzzzzz'), /^2\0QubesPropertyValueError\0/);
  t.is(
    await ask(denied('Add'), '\u00e9'),
    '2\0ProtocolError\0\0Device interface contains non-ASCII characters\0',
  );
  t.is(await ask(denied('List')), '0\0b******\nu03****');
  for (const mode of ['manual', 'auto-attach']) {
    t.is(
      await ask(block('Attach+sys-net+sda'), `mode='${mode}'`),
      '2\0PermissionDenied\0\0Device exposes a banned interface: Block Device\0',
    );
  }
  t.is(await ask(denied('Remove'), 'b******'), '0\0');
  t.is(await ask(block('Attach+sys-net+sda')), '0\0');
  t.is(await ask(denied('Add'), '*******'), '0\0');
  t.regex(await ask(block('Attach+sys-net+sr0')), /^2\0PermissionDenied\0/);
  t.is(await ask(denied('Remove'), 'all'), '0\0');
  t.is(await ask(denied('List')), '0\0');
  t.is(await ask(denied('List', 'dom0')), '0\0');
  t.regex(await ask(denied('List', 'remote1')), /^2\0QubesNoSuchPropertyError\0/);
});

test('PCI devices belong to qubes that are fully virtualised', async (t) => {
  const { ask, run, app, qube } = await openDeviceSystem(t);
  const pci = (call: string, name = 'work'): string =>
    `admin.vm.device.pci.${call} dom0 name ${name}`;
  await run('work');
  t.is(
    await ask(pci('Attach+dom0+00_1f.0')),
    "2\0QubesException\0\0Can't attach PCI device to VM in pvh mode\0",
  );
  t.is(await ask(pci('Assign+dom0+00_1f.0', 'personal'), "mode='required'"), '0\0');
  await run('personal');
  t.is(await ask(pci('Attach+dom0+00_1f.0', 'personal')), '0\0');
  t.regex(
    await ask(pci('Attached+', 'personal')),
    /^0\0dom0\+00_1f\.0:0x8086:0x15bb::p020000 device_id='0x8086:0x15bb::p020000' /,
  );
  t.regex(await ask(pci('Available+00_1f.0', 'dom0')), / attachment='personal' /);
  t.is(app.hypervisor.attached(qube('personal').uuid).length, 1);
});

test('the microphone is switched in the database of the qube that plays the sound', async (t) => {
  const { ask, run, app } = await openDeviceSystem(t);
  const mic = (call: string): string => `admin.vm.device.mic.${call} dom0 name work`;
  await ask('admin.vm.property.Set+audiovm dom0 name work', 'sys-net');
  await run('work');
  t.is(
    await ask(mic('Attach+dom0+mic')),
    "2\0QubesVMNotRunningError\0\0Audio VM sys-net isn't running\0",
  );
  await run('sys-net');
  const config = async (): Promise<string> => {
    const value = await (await app.qubesdb.open('sys-net'))?.read('/audio-input-config/work');
    return Buffer.from(value ?? []).toString();
  };
  t.is(await ask(mic('Attach+dom0+mic'), "_x='1'"), '2\0QubesValueError\0\0Unsupported option x\0');
  t.is(await ask(mic('Attach+dom0+mic')), '0\0');
  t.is(await config(), '1');
  t.regex(await ask(mic('Attached+')), /^0\0dom0\+mic:dom0:mic::m000000 /);
  t.is(await ask(mic('Detach+dom0+mic')), '0\0');
  t.is(await config(), '0');
  await ask('admin.vm.property.Set+audiovm dom0 name work', '');
  t.is(await ask(mic('Attach+dom0+mic')), '2\0QubesException\0\0VM work has no AudioVM set\0');
});

test('USB devices are known by their numbers, serial number and interfaces', async (t) => {
  const { ask, run, expose } = await openDeviceSystem(t);
  await run('sys-net');
  await run('work');
  await expose('sys-net', 'usb', {
    '1-1_2/desc': '0951:1666 Kingston Data\\x20Traveler 60A44C',
    '1-1_2/interfaces': ':080650:030101:',
    '2-1/desc': 'odd thing',
    '3-1/desc': '1a0a:badd   ',
    '3-1/connected-to': 'work',
  });
  await expose('sys-net', 'block', { 'sda/desc': 'x (y)', 'sda/parent': '1-1.2:1.0' });
  const usb = (call: string, name = 'work'): string =>
    `admin.vm.device.usb.${call} dom0 name ${name}`;
  t.is(
    await ask(usb('Available+', 'sys-net')),
    "0\x001-1.2:0951:1666:60A44C:u080650u030101 device_id='0951:1666:60A44C:u080650u030101' " +
      "port_id='1-1.2' devclass='usb' backend_domain='sys-net' serial='60A44C' " +
      "manufacturer='Kingston' name='Data Traveler' interfaces='u080650u030101'\n" +
      "2-1:0000:0000::?****** device_id='0000:0000::?******' port_id='2-1' " +
      "devclass='usb' backend_domain='sys-net' name='odd_thing' interfaces='?******'\n" +
      "3-1:1a0a:badd::?****** device_id='1a0a:badd::?******' port_id='3-1' devclass='usb' " +
      "backend_domain='sys-net' attachment='work' interfaces='?******'\n",
  );
  t.regex(
    await ask(block('Available+', 'sys-net')),
    /^0\0sda:0951:1666:60A44C:u080650u030101:1\.0 .* parent_port_id='1-1\.2' parent_devclass='usb'\n$/,
  );
  t.is(
    await ask(usb('Attach+sys-net+1-1.2'), "_x='1'"),
    '2\0QubesValueError\0\0Unsupported option x\0',
  );
  t.is(await ask(usb('Attach+sys-net+1-1.2+0951+1666+60A44C+u080650u030101')), '0\0');
  t.regex(await ask(usb('Attached+')), /^0\0sys-net\+1-1\.2:.*\nsys-net\+3-1:.*\n$/);
  await ask('admin.vm.device.denied.Add+ dom0 name work', 'u08****');
  t.is(
    await ask(usb('Attach+sys-net+2-1')),
    '2\0PermissionDenied\0\0Could not load interfaces to verify against denied list\0',
  );
});
