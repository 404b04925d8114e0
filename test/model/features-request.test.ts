import test from 'ava';

import { ProtocolError } from '../../lib/base/admin-error.ts';
import { requestFeatures } from '../../lib/model/features-request.ts';
import { SampleSystem } from '../support/sample-system.ts';

function request(system: SampleSystem, name: string, asked: Readonly<Record<string, string>>) {
  const qube = system.qube(name);
  system.app.apply(() => requestFeatures(qube, new Map(Object.entries(asked))));
}

function featuresOf(system: SampleSystem, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(system.qube(name).features);
}

/** What a standalone qube asks for, and which features it has then. */
const REQUESTS: readonly (readonly [
  title: string,
  asked: Readonly<Record<string, string>>,
  granted: Readonly<Record<string, string>>,
])[] = [
  [
    'its system is noted',
    {
      'os-distribution': 'fedora',
      'os-distribution-like': 'rhel centos',
      'os-version': '41.1-2',
      'os-eol': '2026-02-28',
      'qubes-agent-version': '4.3',
      os: 'Linux',
    },
    {
      'os-distribution': 'fedora',
      'os-distribution-like': 'rhel centos',
      'os-version': '41.1-2',
      'os-eol': '2026-02-28',
      'qubes-agent-version': '4.3',
      os: 'Linux',
    },
  ],
  [
    'what cannot be is passed over',
    {
      'os-distribution': '',
      'os-version': 'v41',
      'os-eol': '2026-02-30',
      'qubes-agent-version': '4.3.1',
      os: 'BeOS',
      qrexec: 'yes',
      'anon-timezone': '0',
      netvm: 'sys-net',
      'service.cups': '1',
      internal: '1',
      'supported-service.': '0',
      'supported-service.a b': '1',
    },
    {},
  ],
  [
    'its agents are noted',
    { qrexec: '1', gui: '0', 'gui-emulated': '1', 'qubes-firewall': '1', vmexec: '0' },
    { qrexec: '1', gui: '', 'gui-emulated': '1', 'qubes-firewall': '1', vmexec: '' },
  ],
  ['it hides its time zone', { 'anon-timezone': '1' }, { 'anon-timezone': '1' }],
  [
    'what it supports is noted',
    { 'supported-service.cups': '1', 'supported-feature.x': '1', 'supported-rpc.q': '1' },
    { 'supported-service.cups': '1', 'supported-feature.x': '1', 'supported-rpc.q': '1' },
  ],
  [
    'its boot modes are noted, each with what belongs to it',
    {
      'boot-mode.kernelopts.a': 'x=1',
      'boot-mode.name.a': 'Mode A',
      'boot-mode.default-user.a': 'user',
      'boot-mode.kernelopts.b': 'x=2',
      'boot-mode.default-user.b': 'user',
      'boot-mode.name.default': 'Plain',
      'boot-mode.active': 'a',
      'boot-mode.standalone-default': 'default',
    },
    {
      'boot-mode.kernelopts.a': 'x=1',
      'boot-mode.name.a': 'Mode A',
      'boot-mode.default-user.a': 'user',
      'boot-mode.kernelopts.b': 'x=2',
      'boot-mode.default-user.b': 'user',
      'boot-mode.name.default': 'Plain',
      'boot-mode.active': 'a',
      'boot-mode.standalone-default': 'default',
    },
  ],
  [
    'boot modes that make no sense are passed over',
    {
      'boot-mode.kernelopts.default': 'x=1',
      'boot-mode.kernelopts.': 'x=1',
      'boot-mode.kernelopts.a.b': 'x=1',
      'boot-mode.default-user.default': 'root',
      'boot-mode.name.nosuch': 'None',
      'boot-mode.active': 'nosuch',
      'boot-mode.appvm-default': 'default',
    },
    {},
  ],
  [
    'two boot modes of one name are refused',
    {
      'boot-mode.kernelopts.a': 'x=1',
      'boot-mode.name.a': 'One',
      'boot-mode.kernelopts.b': 'x=1',
      'boot-mode.name.b': 'One',
    },
    {},
  ],
];

for (const [title, asked, granted] of REQUESTS) {
  test(`when a qube asks: ${title}`, async (t) => {
    const system = await SampleSystem.open(t);
    request(system, 'standalone1', asked);
    t.deepEqual(featuresOf(system, 'standalone1'), granted);
  });
}

test('what is set already is not overridden', async (t) => {
  const system = await SampleSystem.open(t);
  for (const feature of ['qrexec', 'gui', 'gui-emulated']) {
    system.setFeature('standalone1', feature, '');
  }
  request(system, 'standalone1', { qrexec: '1', gui: '1', 'gui-emulated': '1', vmexec: '1' });
  t.deepEqual(featuresOf(system, 'standalone1'), {
    qrexec: '',
    gui: '',
    'gui-emulated': '',
    vmexec: '1',
  });
});

test('a list of what is supported replaces the one before; an empty one does not', async (t) => {
  const system = await SampleSystem.open(t);
  request(system, 'standalone1', { 'supported-service.apparmor': '1' });
  t.deepEqual(featuresOf(system, 'standalone1'), {
    'supported-service.apparmor': '1',
    apparmor: '1',
  });
  request(system, 'standalone1', { 'supported-service.apparmor': '0' });
  t.true(system.qube('standalone1').features.has('supported-service.apparmor'));
  request(system, 'standalone1', { 'supported-service.cups': '1' });
  t.deepEqual(featuresOf(system, 'standalone1'), { 'supported-service.cups': '1' });
});

test('boot modes replace those before', async (t) => {
  const system = await SampleSystem.open(t);
  request(system, 'fedora-41', { 'boot-mode.kernelopts.a': 'x' });
  request(system, 'fedora-41', {
    'boot-mode.kernelopts.b': 'y',
    'boot-mode.appvm-default': 'b',
  });
  const { features } = system.qube('fedora-41');
  t.false(features.has('boot-mode.kernelopts.a'));
  t.is(system.get('work', 'bootmode'), 'b');
  const many = Object.fromEntries(
    Array.from({ length: 65 }, (_, index) => [`boot-mode.kernelopts.m${index}`, 'x']),
  );
  request(system, 'fedora-41', many);
  t.false(features.has('boot-mode.kernelopts.m0'));
});

test('a qube with a template may only say which services it offers', async (t) => {
  const system = await SampleSystem.open(t);
  request(system, 'work', {
    qrexec: '1',
    os: 'Linux',
    'supported-service.cups': '1',
    'supported-rpc.qubes.WaitForSession': '1',
  });
  t.deepEqual(featuresOf(system, 'work'), { 'supported-rpc.qubes.WaitForSession': '1' });
});

test('the first word of qrexec ends the installation of a template', async (t) => {
  const system = await SampleSystem.open(t);
  const ask = () => request(system, 'fedora-41', { qrexec: '1' });
  t.deepEqual(await system.eventsOf(ask), [
    ['fedora-41', 'features-request', { untrusted_features: "{'qrexec': '1'}" }],
    ['fedora-41', 'domain-feature-pre-set:qrexec', { feature: 'qrexec', value: '1' }],
    ['fedora-41', 'domain-feature-set:qrexec', { feature: 'qrexec', value: '1' }],
    ['fedora-41', 'template-postinstall', {}],
  ]);
  t.deepEqual(await system.namesOfEvents(ask), ['fedora-41 features-request']);
});

test('Windows gets what it needs', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('standalone1', 'virt_mode', 'hvm');
  system.setFeature('standalone1', 'timezone', 'utc');
  system.run('standalone1');
  request(system, 'standalone1', { os: 'Windows', qrexec: '1' });
  t.is(system.get('standalone1', 'maxmem'), '0');
  t.is(system.get('standalone1', 'qrexec_timeout'), '6000');
  t.deepEqual(featuresOf(system, 'standalone1'), {
    timezone: 'utc',
    os: 'Windows',
    'rpc-clipboard': '1',
    'stubdom-qrexec': '1',
    'audio-model': 'ich6',
    'no-monitor-layout': '1',
    qrexec: '1',
  });
});

test('a value no feature could have is an error, and nothing is granted', async (t) => {
  const system = await SampleSystem.open(t);
  t.throws(() => request(system, 'standalone1', { qrexec: '1', x: 'a\u001b[0m' }), {
    instanceOf: ProtocolError,
    message:
      'Value outside safe set: abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,_= ',
  });
  t.deepEqual(featuresOf(system, 'standalone1'), {});
});
