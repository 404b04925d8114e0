import test from 'ava';
import { parseCore2 } from '../../../lib/archive/metadata/core2.ts';
import { expectedParts } from '../../../lib/archive/metadata/expected-parts.ts';
import { parseMemberName } from '../../../lib/archive/outer/member-name.ts';
import type { BackupMetadata, BackupQube } from '../../../lib/archive/metadata/metadata.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { fixture, manifestOf } from './manifest.ts';

const parse = (xml: string): BackupMetadata => parseCore2(Buffer.from(xml));
const plain = <T>(map: ReadonlyMap<string, T>): Record<string, T> => Object.fromEntries(map);
/** A value as the manifest of format 3 has it: the reference keeps booleans as booleans. */
const wire = (value: string | boolean | null): string | null =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : value;
const mapped = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

const manifest = manifestOf('v3-encrypted-compressed');
const real = parseCore2(fixture('xml/v3.qubes.xml'));

test('every qube of a real backup of format 3 comes out as the manifest tells', (t) => {
  const included = [...real.qubes.values()].filter(({ backup }) => backup.included);
  const others = [...real.qubes.values()].filter(({ backup }) => !backup.included);
  t.deepEqual(real.warnings, []);
  t.deepEqual(plain(real.globals), manifest.globals);
  t.deepEqual(others.map(({ name }) => name).sort(), [...manifest.not_in_backup].sort());
  t.deepEqual(included.map(({ name }) => name).sort(), Object.keys(manifest.vms).sort());
  for (const qube of included) {
    const expected = manifest.vms[qube.name];
    if (expected === undefined) return t.fail(qube.name);
    t.deepEqual(
      {
        klass: qube.class,
        label: qube.label,
        template: qube.template,
        path: qube.backup.path ?? null,
        size: qube.backup.size,
        properties: plain(qube.properties),
        features: plain(qube.features),
        devices: qube.devices.map(({ bus, backendDomain, portId }) => [bus, backendDomain, portId]),
      },
      {
        klass: expected.klass,
        label: expected.label,
        template: expected.template,
        path: expected.backup_path,
        size: expected.backup_size,
        properties: mapped(expected.properties, wire),
        features: mapped(expected.features, (value) => (value === true ? '1' : '')),
        devices: expected.devices.map(({ class: bus, backend, port_id }) => [
          bus,
          backend,
          port_id,
        ]),
      },
      qube.name,
    );
    t.true(qube.devices.every(({ mode }) => mode === 'required'));
  }
});

test('every file of the archive is expected, and every required file is there', (t) => {
  const files = new Set(
    manifest.outer_members.flatMap(([name]) => {
      const member = parseMemberName(name);
      return member?.kind === 'chunk' && member.file !== 'qubes.xml' ? [member.file] : [];
    }),
  );
  const parts = [...real.qubes.values()].map(expectedParts);
  const required = parts.flatMap((part) => part.required);
  const known = new Set(parts.flatMap((part) => [...part.required, ...part.optional]));
  t.true(required.includes('vm9/.'));
  t.true(required.length > 8);
  t.deepEqual(
    required.filter((file) => !files.has(file)),
    [],
  );
  t.deepEqual(
    [...files].filter((file) => !known.has(file)),
    [],
  );
});

const NETVM = '<QubesNetVm qid="2" name="netvm" template_qid="1"/>';
const TEMPLATE = '<QubesTemplateVm qid="1" name="fedora" template_qid="none"/>';
const store = (qubes: string, globals = 'default_netvm="2" default_template="1"'): string =>
  `<QubesVmCollection ${globals}>${TEMPLATE}${NETVM}${qubes}</QubesVmCollection>`;
const app = (attributes: string, number = 5): string =>
  `<QubesAppVm qid="${number}" name="work" template_qid="1" ${attributes}/>`;
const only = (attributes: string): BackupQube => {
  const qube = parse(store(app(attributes))).qubes.get('work');
  if (qube === undefined) throw new Error('no qube');
  return qube;
};

test('defaults of that time are not carried over as settings', (t) => {
  t.is(only('memory="400" maxmem="4000" vcpus="2" debug="False"').properties.size, 0);
  t.deepEqual(plain(only('memory="401" vcpus="1" debug="True"').properties), {
    memory: '401',
    vcpus: '1',
    debug: 'True',
  });
  t.false(only('kernel="4.1" uses_default_kernel="True"').properties.has('kernel'));
  t.is(only('kernel="4.1" uses_default_kernel="False"').properties.get('kernel'), '4.1');
  t.is(only('kernel="None" uses_default_kernel="False"').properties.get('kernel'), null);
});

test('services become features', (t) => {
  const { features } = only(
    `services="{'cups': True, u'ntpd': False, 'qubes-update-check': False, 'x': 'a\\'b'}"`,
  );
  t.deepEqual(plain(features), {
    'service.cups': '1',
    'service.ntpd': '',
    'check-updates': '',
    'service.x': "a'b",
  });
});

test('a relaxed reset of PCI devices is carried over', (t) => {
  const devices = `pcidevs="['02:00.0']"`;
  t.is(only(devices).devices[0]?.options.size, 0);
  t.is(
    only(`${devices} pci_strictreset="False"`).devices[0]?.options.get('no-strict-reset'),
    'True',
  );
});

test('the network of disposables becomes a disposable template', (t) => {
  const { qubes } = parse(store(app('uses_default_dispvm_netvm="False" dispvm_netvm_qid="none"')));
  t.is(qubes.get('work')?.properties.get('default_dispvm'), 'disp-no-netvm');
  const template = qubes.get('disp-no-netvm');
  t.is(template?.properties.get('netvm'), null);
  t.is(template?.properties.get('template_for_dispvms'), 'True');
  t.true(template?.backup.included);
  t.is(template?.backup.path, undefined);
  t.false(only('uses_default_netvm="True"').properties.has('default_dispvm'));
});

test('a disposable template whose name would be too long is left out with a warning', (t) => {
  const long = 'n'.repeat(27);
  const netvm = `<QubesNetVm qid="7" name="${long}" template_qid="1"/>`;
  const chosen = 'uses_default_netvm="False" netvm_qid="7"';
  const { qubes, warnings } = parse(store(netvm + app(chosen)));
  t.is(qubes.get('work')?.properties.get('netvm'), long);
  t.false(qubes.get('work')?.properties.has('default_dispvm'));
  t.regex(warnings.join(), /network of disposables of qube "work" is left out/);
});

test('what is not understood is left out with a warning, never executed, the qube is kept', (t) => {
  const bad = [
    `services="__import__('os').system('id')"`,
    `services="{'a': [1]}"`,
    `pcidevs="['../../x']"`,
    `pcidevs="[1, 2"`,
    'uses_default_netvm="False" netvm_qid="77"',
    'uses_default_netvm="False" netvm_qid="toString"',
  ];
  for (const attributes of bad) {
    const { qubes, warnings } = parse(store(app(attributes)));
    t.is(warnings.length, 1, attributes);
    t.regex(warnings[0] ?? '', /qube "work" (is|are) left out/);
    t.deepEqual(qubes.get('work')?.devices, []);
  }
});

test('a store of Qubes 2, which does not list dom0, has it all the same', (t) => {
  t.is(parse(store('')).qubes.get('dom0')?.class, 'AdminVM');
  t.false(parse(store('')).qubes.get('dom0')?.backup.included);
});

test('disposables that ran at the time are no part of it', (t) => {
  t.false(parse(store('<QubesDisposableVm name="disp1" qid="9"/>')).qubes.has('disp1'));
});

const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['two qubes of one number', store(app('', 2)), /"netvm" and "work" share the number 2/],
  ['two qubes of one name', store(app('') + app('', 6)), /"work" stands there twice/],
  [
    'a second dom0',
    store('<QubesAppVm qid="0" name="work" template_qid="1"/>'),
    /share the number 0/,
  ],
  ['a qube called dom0', store(app('').replace('"work"', '"dom0"')), /"dom0" is said to be/],
  ['a bad name', store(app('').replace('"work"', '"../x"')), /not the name of a qube/],
  ['an unknown label', store(app('label="pink"')), /unknown label "pink"/],
  ['a missing place', store(app('backup_content="True"')), /does not say where/],
  [
    'a place outside',
    store(app('backup_content="True" backup_path="../x"')),
    /no place in a backup/,
  ],
  [
    'a bad size',
    store(app('backup_content="True" backup_path="vm5" backup_size="-1"')),
    /is not a size|backup size/,
  ],
  ['another document', '<qubes/>', /root element is <qubes>/],
];
for (const [what, xml, message] of REFUSALS) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parse(xml), { instanceOf: DamagedError });
    t.regex(error.message, message);
    t.is(error.facts.stage, 'content');
  });
}
