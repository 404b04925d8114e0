import test from 'ava';

import {
  QubesLabelNotFoundError,
  QubesPropertyValueError,
  QubesValueError,
  QubesVMInUseError,
} from '../../lib/base/admin-error.ts';
import { SampleSystem } from '../support/sample-system.ts';

/** Texts that are accepted, and how the value prints then. */
const GOOD: readonly (readonly [qube: string, property: string, text: string, value: string])[] = [
  ['work', 'memory', '500', '500'],
  ['work', 'memory', ' +5_0_0 ', '500'],
  ['work', 'maxmem', '0', '0'],
  ['work', 'stubdom_mem', '128', '128'],
  ['work', 'vcpus', '4', '4'],
  ['work', 'autostart', 'TRUE', 'True'],
  ['work', 'debug', 'on', 'True'],
  ['work', 'include_in_backups', 'No', 'False'],
  ['work', 'installed_by_rpm', '1', 'True'],
  ['work', 'provides_network', 'yes', 'True'],
  ['work', 'template_for_dispvms', '1', 'True'],
  ['work', 'backup_timestamp', '1234', '1234'],
  ['work', 'default_user', 'joe+x,1.2-3_', 'joe+x,1.2-3_'],
  ['work', 'default_user', '', ''],
  ['work', 'label', 'green', 'green'],
  ['work', 'label', '3', 'yellow'],
  ['work', 'label', 'label-4', 'green'],
  ['work', 'kernel', '', ''],
  ['work', 'kernel', '6.6.1', '6.6.1'],
  ['work', 'kernelopts', 'a\nb\\c', 'a\nb\\c'],
  ['work', 'kernelopts', 'x'.repeat(512), 'x'.repeat(512)],
  ['work', 'virt_mode', 'HVM', 'hvm'],
  ['work', 'keyboard_layout', 'de++', 'de++'],
  ['work', 'keyboard_layout', 'de+neo-2_x+grp:alt,lv3', 'de+neo-2_x+grp:alt,lv3'],
  ['work', 'mac', '00:16:3E:5E:6C:11', '00:16:3e:5e:6c:11'],
  ['work', 'ip', '1.2.3.4', '1.2.3.4'],
  ['work', 'ip6', 'FD00:0:0::1', 'fd00::1'],
  ['work', 'netvm', '', ''],
  ['work', 'netvm', 'sys-net', 'sys-net'],
  ['work', 'guivm', '', ''],
  ['work', 'audiovm', 'sys-net', 'sys-net'],
  ['work', 'default_dispvm', 'default-dvm', 'default-dvm'],
  ['work', 'management_dispvm', '', ''],
  ['work', 'bootmode', 'weird\tx', 'weird\tx'],
  ['work', 'devices_denied', 'u03****b******u03****', 'b******u03****'],
  ['work', 'devices_denied', '', ''],
  ['work', 'template', 'fedora-41', 'fedora-41'],
  ['disp1234', 'template', 'default-dvm', 'default-dvm'],
  ['disp1234', 'auto_cleanup', '1', 'True'],
  ['fedora-41', 'appvm_default_bootmode', 'x', 'x'],
  ['remote1', 'relayvm', 'sys-net', 'sys-net'],
  ['remote1', 'transport_rpc', 'qubesair.Ssh', 'qubesair.Ssh'],
  ['remote1', 'remote_name', 'work', 'work'],
  ['dom0', 'keyboard_layout', 'pl++', 'pl++'],
];

for (const [qube, property, text, value] of GOOD) {
  test(`${property} of ${qube} can be ${JSON.stringify(text.slice(0, 40))}`, async (t) => {
    const system = await SampleSystem.open(t);
    system.set(qube, property, text);
    t.is(system.get(qube, property), value);
  });
}

type ErrorClass = new (message: string) => Error;

const NOT_INT = 'Failed to parse property value as int';
const LAYOUT = 'invalid number of keyboard layout parameters';
const INTERFACES =
  'Interface code list should be in the form chhhhhhchhhhhh...,where c is one of "b", "u", "m", ' +
  '"p", "*" and h is a hexdigit or "*".';
const USER =
  'Username can contain only those characters: ' +
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+,.';
const ONCE = (name: string) => `property '${name}' is write-once and already set`;
const FIXED = (name: string, of = 'AppVM') => `property '${name}' on ${of} instance cannot be set`;

/** Texts that are refused; nothing has changed then. */
const BAD: readonly (readonly [
  qube: string,
  property: string,
  text: string,
  error: ErrorClass,
  message: string,
])[] = [
  ['work', 'memory', 'abc', QubesValueError, NOT_INT],
  ['work', 'memory', '', QubesValueError, NOT_INT],
  ['work', 'memory', '1.5', QubesValueError, NOT_INT],
  ['work', 'memory', '0', QubesPropertyValueError, 'memory must be positive'],
  ['work', 'memory', '-1', QubesPropertyValueError, 'memory must be positive'],
  ['work', 'maxmem', '-5', QubesPropertyValueError, 'maxmem must be positive or zero'],
  ['work', 'stubdom_mem', '0', QubesPropertyValueError, 'stubdom_mem must be positive'],
  ['work', 'vcpus', '0', QubesPropertyValueError, 'vcpus must be positive'],
  ['work', 'qrexec_timeout', '0', QubesPropertyValueError, 'qrexec_timeout must be positive'],
  ['work', 'shutdown_timeout', '0', QubesPropertyValueError, 'shutdown_timeout must be positive'],
  ['work', 'backup_timestamp', '', QubesValueError, NOT_INT],
  ['work', 'autostart', 'maybe', QubesValueError, "Invalid literal for boolean property: 'maybe'"],
  ['work', 'debug', '', QubesValueError, "Invalid literal for boolean property: ''"],
  ['work', 'mac', 'zz', QubesValueError, 'Invalid MAC address value'],
  ['work', 'ip', 'x', QubesValueError, 'Failed to parse property value as IPv4Address'],
  ['work', 'ip', '', QubesValueError, 'Failed to parse property value as IPv4Address'],
  ['work', 'ip6', '1.2.3.4', QubesValueError, 'Failed to parse property value as IPv6Address'],
  [
    'work',
    'netvm',
    'nosuch',
    QubesPropertyValueError,
    "Can't set netvm to non-existing qube nosuch",
  ],
  ['work', 'netvm', 'vault', QubesValueError, 'The vault qube does not provide network'],
  ['work', 'netvm', 'bad name', QubesValueError, 'VM name contains illegal characters'],
  ['work', 'netvm', 'none', QubesValueError, "VM name cannot be 'none' nor 'default'"],
  ['sys-net', 'netvm', 'sys-firewall', QubesValueError, 'Loops in network are unsupported'],
  ['sys-net', 'netvm', 'sys-net', QubesValueError, 'Loops in network are unsupported'],
  [
    'sys-net',
    'provides_network',
    'no',
    QubesValueError,
    "The qube is still used by other qubes, change theirs 'netvm' first",
  ],
  ['work', 'label', 'nosuch', QubesLabelNotFoundError, 'Label does not exist: nosuch'],
  ['work', 'label', '', QubesLabelNotFoundError, 'Label does not exist: '],
  ['work', 'label', 'label-99', QubesLabelNotFoundError, 'Label does not exist: 99'],
  [
    'work',
    'template',
    '',
    QubesPropertyValueError,
    "Invalid value None for property 'template' of 'work'",
  ],
  [
    'work',
    'template',
    'vault',
    QubesPropertyValueError,
    "wrong VM class: domains['vault'] is of type AppVM and not TemplateVM",
  ],
  [
    'work',
    'netvm',
    'remote1',
    QubesPropertyValueError,
    "wrong VM class: domains['remote1'] is of type RemoteVM and not LocalVM",
  ],
  [
    'disp1234',
    'template',
    'work',
    QubesPropertyValueError,
    'template for disposable must have template_for_dispvms=True',
  ],
  ['work', 'kernel', 'a/b', QubesPropertyValueError, "Kernel name cannot contain '/'"],
  ['work', 'kernel', 'nosuch', QubesPropertyValueError, "Kernel 'nosuch' not installed"],
  [
    'work',
    'kernelopts',
    'x'.repeat(513),
    QubesPropertyValueError,
    'Kernelopts value too long (512 chars max)',
  ],
  ['work', 'kernelopts', '\u0007', QubesValueError, 'Invalid characters in property value'],
  ['work', 'default_user', 'a b', QubesPropertyValueError, USER],
  [
    'work',
    'virt_mode',
    'xxx',
    QubesPropertyValueError,
    'Invalid virtualization mode, supported values: hvm, pv, pvh',
  ],
  ['work', 'keyboard_layout', 'de', QubesPropertyValueError, LAYOUT],
  ['work', 'keyboard_layout', 'd3++', QubesPropertyValueError, 'Invalid keyboard layout provided'],
  [
    'work',
    'keyboard_layout',
    'de+x y+',
    QubesPropertyValueError,
    'Invalid layout variant provided',
  ],
  [
    'work',
    'keyboard_layout',
    'de++a b',
    QubesPropertyValueError,
    'Invalid layout options provided',
  ],
  [
    'work',
    'devices_denied',
    'zzz',
    QubesValueError,
    "Invalid length of interfaces='zzz' (is 3, expected multiple of 7)",
  ],
  ['work', 'devices_denied', 'xxxxxxx', QubesPropertyValueError, INTERFACES],
  [
    'work',
    'default_dispvm',
    'vault',
    QubesPropertyValueError,
    "Cannot set invalid property to qube 'work', default_dispvm 'vault' has template_for_dispvms " +
      'set to False',
  ],
  [
    'default-dvm',
    'template_for_dispvms',
    'no',
    QubesVMInUseError,
    'Cannot change template_for_dispvms to False while it is in use by the system by any of these ' +
      'properties: default_dispvm, management_dispvm',
  ],
  // The reference answers nothing at all to these.
  ['work', 'name', 'x', QubesPropertyValueError, ONCE('name')],
  ['work', 'qid', '5', QubesPropertyValueError, ONCE('qid')],
  ['work', 'uuid', 'x', QubesValueError, 'Failed to parse property value as UUID'],
  ['work', 'klass', 'x', QubesPropertyValueError, FIXED('klass')],
  ['work', 'xid', '3', QubesPropertyValueError, FIXED('xid')],
  ['work', 'updateable', '1', QubesPropertyValueError, FIXED('updateable')],
  ['dom0', 'maxmem', '1', QubesPropertyValueError, FIXED('maxmem', 'AdminVM')],
];

for (const [qube, property, text, error, message] of BAD) {
  test(`${property} of ${qube} cannot be ${JSON.stringify(text.slice(0, 40))}`, async (t) => {
    const system = await SampleSystem.open(t);
    const before = system.get(qube, property);
    t.throws(() => system.set(qube, property, text), { instanceOf: error, message });
    t.is(system.get(qube, property), before);
  });
}

const BAD_GLOBALS: readonly (readonly [string, string, ErrorClass, string])[] = [
  ['default_netvm', 'vault', QubesValueError, 'The vault qube does not provide network'],
  ['default_pool', 'nosuch', QubesPropertyValueError, 'No such storage pool'],
  ['default_pool_root', '', QubesPropertyValueError, 'No such storage pool'],
  ['default_kernel', 'zz', QubesPropertyValueError, "Kernel 'zz' not installed"],
  ['maxmem', '1', QubesPropertyValueError, FIXED('maxmem', 'Qubes')],
  ['stats_interval', 'x', QubesValueError, NOT_INT],
  ['stats_interval', '-1', QubesPropertyValueError, 'stats_interval must be positive'],
  ['stats_interval', '0', QubesPropertyValueError, 'stats_interval must be positive'],
  ['check_updates_vm', 'x', QubesValueError, "Invalid literal for boolean property: 'x'"],
  [
    'default_template',
    'work',
    QubesPropertyValueError,
    "wrong VM class: domains['work'] is of type AppVM and not TemplateVM",
  ],
  [
    'default_dispvm',
    'work',
    QubesPropertyValueError,
    "Cannot set invalid property to system, default_dispvm 'work' has template_for_dispvms set to " +
      'False',
  ],
];

for (const [property, text, error, message] of BAD_GLOBALS) {
  test(`the global ${property} cannot be ${JSON.stringify(text)}`, async (t) => {
    const system = await SampleSystem.open(t);
    t.throws(() => system.setGlobal(property, text), { instanceOf: error, message });
  });
}

const BAD_RESETS: readonly (readonly [string, string, ErrorClass, string])[] = [
  ['work', 'name', QubesPropertyValueError, ONCE('name')],
  ['work', 'label', QubesValueError, 'Cannot unset label'],
  [
    'work',
    'template',
    QubesValueError,
    'Cannot unset template. You can set it to the current default (fedora-41) instead',
  ],
  ['disp1234', 'template', QubesValueError, 'Cannot unset template'],
  [
    'sys-net',
    'provides_network',
    QubesValueError,
    "The qube is still used by other qubes, change theirs 'netvm' first",
  ],
];

for (const [qube, property, error, message] of BAD_RESETS) {
  test(`${property} of ${qube} cannot be reset`, async (t) => {
    const system = await SampleSystem.open(t);
    t.throws(() => system.reset(qube, property), { instanceOf: error, message });
  });
}

test('what is computed can be reset, which changes nothing', async (t) => {
  const system = await SampleSystem.open(t);
  system.reset('work', 'xid');
  system.reset('work', 'klass');
  t.is(system.get('work', 'klass'), 'AppVM');
});
