import test from 'ava';

import { SampleSystem } from '../support/sample-system.ts';

type Work = (system: SampleSystem) => unknown;

/** What is heard when something changes; without the events before the fact. */
const HEARD: readonly (readonly [title: string, work: Work, events: readonly string[]])[] = [
  [
    'a network begins',
    (system) => system.set('work', 'provides_network', 'True'),
    [
      'work domain-feature-set:servicevm',
      'work property-reset:icon',
      'work property-reset:gateway',
      'work property-reset:gateway6',
      'work property-set:provides_network',
    ],
  ],
  [
    'an address in a network changes',
    (system) => system.set('sys-net', 'ip', '10.0.0.1'),
    [
      'sys-net property-reset:gateway',
      'sys-net property-reset:visible_ip',
      'sys-firewall property-reset:visible_gateway',
      'sys-net property-set:ip',
    ],
  ],
  [
    'the same for IPv6',
    (system) => system.set('sys-net', 'ip6', 'fd00::1'),
    [
      'sys-net property-reset:gateway6',
      'sys-net property-reset:visible_ip6',
      'sys-firewall property-reset:visible_gateway6',
      'sys-net property-set:ip6',
    ],
  ],
  [
    'an address is disguised',
    (system) => system.setFeature('work', 'net.fake-ip', '192.168.0.2'),
    ['work property-reset:visible_ip', 'work domain-feature-set:net.fake-ip'],
  ],
  [
    'IPv6 is turned on',
    (system) => system.setFeature('sys-net', 'ipv6', '1'),
    [
      'sys-net property-reset:gateway6',
      'sys-net property-reset:visible_ip6',
      'sys-firewall property-reset:visible_gateway6',
      'sys-net domain-feature-set:ipv6',
    ],
  ],
  [
    'a qube becomes a template of disposables',
    (system) => system.set('work', 'template_for_dispvms', 'True'),
    ['work property-reset:icon', 'work property-set:template_for_dispvms'],
  ],
  [
    'a template has another boot mode for its qubes',
    (system) => {
      system.set('work', 'bootmode', 'own');
      for (const name of ['personal', 'untrusted', 'vault', 'sys-net', 'sys-firewall']) {
        system.set(name, 'bootmode', 'own');
      }
      system.setFeature('fedora-41', 'boot-mode.appvm-default', 'usual');
    },
    [
      ...['work', 'personal', 'untrusted', 'vault', 'sys-net', 'sys-firewall'].map(
        (name) => `${name} property-set:bootmode`,
      ),
      'default-dvm property-reset:bootmode',
      'disp1234 property-reset:bootmode',
      'fedora-41 property-reset:appvm_default_bootmode',
      'fedora-41 domain-feature-set:boot-mode.appvm-default',
    ],
  ],
  [
    'a qube asks for another boot mode',
    (system) => system.setFeature('work', 'boot-mode.active', 'default'),
    ['work property-reset:bootmode', 'work domain-feature-set:boot-mode.active'],
  ],
  [
    'another qube has the time',
    (system) => system.setGlobal('clockvm', 'work'),
    [
      'work domain-feature-set:service.clocksync',
      'sys-net domain-feature-delete:service.clocksync',
      'property-set:clockvm',
    ],
  ],
  [
    'nobody has the time any more',
    (system) => system.resetGlobal('clockvm'),
    [
      'sys-net domain-feature-delete:service.clocksync',
      'property-reset:clockvm',
      'property-del:clockvm',
    ],
  ],
  [
    'memory is balanced as long ago',
    (system) => system.setFeature('work', 'service.meminfo-writer', ''),
    [
      'work property-set:maxmem',
      'work domain-feature-delete:service.meminfo-writer',
      'work domain-feature-set:service.meminfo-writer',
    ],
  ],
  [
    'a GUI qube is chosen',
    (system) => system.set('work', 'guivm', 'vault'),
    [
      'work domain-tag-delete:guivm-dom0',
      'work domain-tag-add:guivm-vault',
      'work property-set:guivm',
    ],
  ],
  [
    'a relay is chosen',
    (system) => system.set('remote1', 'relayvm', 'sys-net'),
    ['remote1 domain-tag-add:relayvm-sys-net', 'remote1 property-set:relayvm'],
  ],
  [
    'the label of a qube elsewhere changes',
    (system) => system.set('remote1', 'label', 'red'),
    ['remote1 property-reset:icon', 'remote1 property-set:label'],
  ],
];

for (const [title, work, events] of HEARD) {
  test(`what is heard when ${title}`, async (t) => {
    const system = await SampleSystem.open(t);
    const heard = await system.namesOfEvents(() => work(system));
    t.deepEqual(
      heard.filter((event) => !event.includes('-pre-')),
      events,
    );
  });
}

/** The qubes that are told of an event. */
async function told(
  system: SampleSystem,
  event: string,
  work: () => void,
): Promise<readonly string[]> {
  const heard = await system.eventsOf(work);
  return heard.filter(([, name]) => name === event).map(([subject]) => subject);
}

const BASED = ['default-dvm', 'personal', 'sys-firewall', 'sys-net', 'untrusted', 'vault', 'work'];

test('qubes that inherit from a template are told of its changes', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('work', 'memory', '500');
  const expected = ['fedora-41', 'disp1234', ...BASED.filter((name) => name !== 'work')];
  const event = 'property-reset:memory';
  const set = await told(system, event, () => system.set('fedora-41', 'memory', '600'));
  t.deepEqual(set, expected.slice(1));
  const same = await told(system, event, () => system.set('fedora-41', 'memory', '600'));
  t.deepEqual(same, []);
  const reset = await told(system, event, () => system.reset('fedora-41', 'memory'));
  t.deepEqual(reset, [...expected.slice(1), 'fedora-41']);
});

test('a template of disposables tells those that inherit from it; other qubes tell nobody', async (t) => {
  const system = await SampleSystem.open(t);
  const event = 'property-reset:vcpus';
  const set = () => system.set('default-dvm', 'vcpus', '4');
  t.deepEqual(await told(system, event, set), ['disp1234']);
  t.is(system.get('disp1234', 'vcpus'), '4');
  system.set('disp1234', 'vcpus', '3');
  t.deepEqual(await told(system, event, () => system.reset('default-dvm', 'vcpus')), [
    'default-dvm',
  ]);
  t.deepEqual(await told(system, event, () => system.set('work', 'vcpus', '4')), []);
});

test('qubes that go by a default of the system are told when it changes', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('work', 'kernel', '');
  const kernel = await told(system, 'property-reset:kernel', () =>
    system.setGlobal('default_kernel', ''),
  );
  const others = BASED.filter((name) => name !== 'work');
  t.deepEqual(kernel.toSorted(), [...others, 'disp1234', 'fedora-41', 'standalone1'].sort());
  system.set('work', 'default_dispvm', '');
  const dispvm = await told(system, 'property-reset:default_dispvm', () =>
    system.setGlobal('default_dispvm', ''),
  );
  t.deepEqual(
    dispvm.toSorted(),
    [...others, 'fedora-41', 'standalone1', 'disp1234', 'dom0'].sort(),
  );
});

test('the tags follow the default GUI qube, except where another was chosen', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('work', 'guivm', '');
  system.setGlobal('default_guivm', 'vault');
  t.deepEqual([...system.qube('work').tags], ['audiovm-dom0']);
  t.true(system.qube('personal').tags.has('guivm-vault'));
  t.false(system.qube('personal').tags.has('guivm-dom0'));
  system.resetGlobal('default_guivm');
  t.deepEqual([...system.qube('personal').tags], ['audiovm-dom0', 'guivm-dom0']);
  system.reset('work', 'guivm');
  t.true(system.qube('work').tags.has('guivm-dom0'));
});

test('a new keyboard layout is told to all who inherit it, near and far', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('personal', 'keyboard_layout', 'fr++');
  system.set('work', 'guivm', 'vault');
  system.set('vault', 'guivm', 'work');
  const event = 'property-reset:keyboard_layout';
  t.deepEqual(await told(system, event, () => system.set('work', 'keyboard_layout', 'de++')), [
    'vault',
  ]);
  t.deepEqual(await told(system, event, () => system.reset('work', 'keyboard_layout')), [
    'work',
    'vault',
  ]);
  const all = await told(system, event, () => system.set('dom0', 'keyboard_layout', 'pl++'));
  t.deepEqual(all, [
    'default-dvm',
    'disp1234',
    'fedora-41',
    'standalone1',
    'sys-firewall',
    'sys-net',
    'untrusted',
  ]);
});

test('tags of qubes are as their properties when the store is opened', async (t) => {
  const system = await SampleSystem.open(t);
  for (const qube of system.app.qubes) {
    const wanted = qube.klass.folder === undefined ? [] : ['audiovm-dom0', 'guivm-dom0'];
    t.deepEqual([...qube.tags], wanted, qube.name);
  }
});
