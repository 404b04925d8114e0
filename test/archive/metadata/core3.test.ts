import test from 'ava';
import { parseCore3 } from '../../../lib/archive/metadata/core3.ts';
import { expectedParts } from '../../../lib/archive/metadata/expected-parts.ts';
import { parseMemberName } from '../../../lib/archive/outer/member-name.ts';
import type { BackupMetadata, BackupQube } from '../../../lib/archive/metadata/metadata.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { fixture, manifestOf } from './manifest.ts';

const parse = (xml: string): BackupMetadata => parseCore3(Buffer.from(xml));
const plain = <T>(map: ReadonlyMap<string, T>): Record<string, T> => Object.fromEntries(map);
const shownFeatures = (qube: BackupQube): Record<string, string | false> =>
  Object.fromEntries(
    [...qube.features].map(([name, value]) => [name, value === '' ? false : value]),
  );

for (const archive of ['v4-gzip', 'v4-zstd']) {
  test(`${archive}: every qube comes out as the manifest tells`, (t) => {
    const manifest = manifestOf(archive);
    const metadata = parseCore3(fixture(`xml/${archive}.qubes.xml`));
    const included = [...metadata.qubes.values()].filter(({ backup }) => backup.included);
    const others = [...metadata.qubes.values()].filter(({ backup }) => !backup.included);
    t.deepEqual(plain(metadata.globals), manifest.globals);
    t.deepEqual(plain(metadata.labels), manifest.labels);
    t.deepEqual(metadata.warnings, []);
    t.deepEqual(others.map(({ name }) => name).sort(), manifest.not_in_backup);
    t.deepEqual(included.map(({ name }) => name).sort(), Object.keys(manifest.vms).sort());
    for (const qube of included) {
      const expected = manifest.vms[qube.name];
      if (expected === undefined) return t.fail(qube.name);
      t.deepEqual(
        {
          klass: qube.class,
          label: qube.label,
          template: qube.template,
          path: qube.backup.path,
          size: qube.backup.size,
          properties: plain(qube.properties),
          features: shownFeatures(qube),
          tags: [...qube.tags].sort(),
        },
        {
          klass: expected.klass,
          label: expected.label,
          template: expected.template,
          path: expected.backup_path?.replace(/\/$/, ''),
          size: expected.backup_size,
          properties: expected.properties,
          features: expected.features,
          tags: [...expected.tags].sort(),
        },
        qube.name,
      );
      t.deepEqual(
        qube.devices.map((device) => ({ ...device, options: plain(device.options) })),
        expected.devices.map((device) => ({
          bus: device.class,
          backendDomain: device.backend,
          portId: device.port_id,
          identity: device.identity_in_xml,
          mode: device.mode_in_xml,
          options: device.options,
        })),
        qube.name,
      );
      for (const [name, { size }] of Object.entries(expected.volumes)) {
        t.is(qube.volumes?.get(name)?.size, size, `${qube.name}:${name}`);
        t.true(qube.volumes?.get(name)?.saveOnStop, `${qube.name}:${name}`);
      }
    }
  });

  test(`${archive}: every file of the archive is expected, and every required file is there`, (t) => {
    const files = new Set(
      manifestOf(archive).outer_members.flatMap(([name]) => {
        const member = parseMemberName(name);
        return member?.kind === 'chunk' && member.file !== 'qubes.xml' ? [member.file] : [];
      }),
    );
    const parts = [...parseCore3(fixture(`xml/${archive}.qubes.xml`)).qubes.values()].map(
      expectedParts,
    );
    const required = parts.flatMap((part) => part.required);
    const known = new Set(parts.flatMap((part) => [...part.required, ...part.optional]));
    t.true(required.length > 10);
    t.deepEqual(
      required.filter((file) => !files.has(file)),
      [],
    );
    t.deepEqual(
      [...files].filter((file) => !known.has(file)),
      [],
    );
  });
}

test('the store of a running system is read too', (t) => {
  const { qubes, globals } = parseCore3(fixture('xml/store.qubes.xml'));
  t.is(globals.get('default_template'), 'fedora-41');
  t.is(qubes.get('default-dvm')?.properties.get('template_for_dispvms'), 'True');
  t.deepEqual(qubes.get('default-dvm')?.volumes?.get('root'), {
    name: 'root',
    size: 10_737_418_240,
    saveOnStop: false,
    snapOnStart: true,
    rw: true,
    source: 'vm-templates/fedora-41/root',
  });
  t.true([...qubes.values()].every(({ backup }) => !backup.included));
});

/** A small store; what a test gives stands in for the usual. */
function store(parts: { domains?: string; labels?: string; globals?: string } = {}): string {
  const labels = parts.labels ?? '<label id="label-1" color="0xcc0000">red</label>';
  const dom0 = `<domain class="AdminVM"><properties>
    <property name="label">red</property></properties></domain>`;
  return `<qubes><labels>${labels}</labels><properties>${parts.globals ?? ''}</properties>
    <domains>${dom0}${parts.domains ?? ''}</domains></qubes>`;
}
function qube(name: string, inside = '', properties = ''): string {
  return `<domain class="AppVM"><properties><property name="label">label-1</property>
    <property name="name">${name}</property>${properties}</properties>${inside}</domain>`;
}
function features(values: Record<string, string>): string {
  const list = Object.entries(values).map(
    ([name, text]) => `<feature name="${name}">${text}</feature>`,
  );
  return `<features>${list.join('')}</features>`;
}
const included = (path: string): string =>
  features({ 'backup-content': '1', 'backup-path': path, 'backup-size': '5' });
const only = (inside: string, properties = ''): BackupQube => {
  const found = parse(store({ domains: qube('work', inside, properties) })).qubes.get('work');
  if (found === undefined) throw new Error('no qube');
  return found;
};

test('none and empty are told apart from absent', (t) => {
  const work = only(
    features({ 'x-empty': '', 'x-blank': ' ' }),
    '<property name="netvm"></property><property name="kernel"/>',
  );
  t.is(work.properties.get('netvm'), null);
  t.is(work.properties.get('kernel'), null);
  t.false(work.properties.has('memory'));
  t.is(work.features.get('x-empty'), '');
  t.is(work.features.get('x-blank'), ' ');
  t.is(work.label, 'red');
});

test('how a device is assigned is understood in the spelling of every version', (t) => {
  const device = (attributes: string, inside = ''): BackupQube['devices'][number] | undefined =>
    only(`<devices class="pci"><device id="00_14.0" ${attributes}>${inside}</device></devices>`)
      .devices[0];
  t.is(device('mode="manual"')?.mode, 'manual');
  t.is(device('mode="auto-attach"')?.mode, 'auto-attach');
  t.is(device('mode="ask-to-attach"')?.mode, 'ask-to-attach');
  t.is(device('required="yes"')?.mode, 'required');
  t.is(device('required="True"')?.mode, 'required');
  t.is(device('required="no"')?.mode, 'auto-attach');
  t.is(device('')?.mode, 'required');
  t.is(device('identity="a:b"')?.identity, 'a:b');
  t.is(device('', '<option name="identity">a:b</option>')?.identity, 'a:b');
  t.is(device('', '<option name="identity">a:b</option>')?.options.size, 0);
  t.is(device('')?.identity, '*');
  t.is(device('')?.backendDomain, undefined);
});

test('a device that cannot be understood is left out with a warning, the qube is kept', (t) => {
  const bad = ['mode="sometimes"', 'required="maybe"', 'backend-domain="../x"', 'identity=""'];
  for (const attributes of bad) {
    const domains = qube('work', `<devices class="usb"><device id="1" ${attributes}/></devices>`);
    const metadata = parse(store({ domains }));
    t.deepEqual(metadata.qubes.get('work')?.devices, []);
    t.is(metadata.warnings.length, 1);
    t.regex(metadata.warnings[0] ?? '', /"work" is left out/);
  }
});

test('which files must be there follows the volumes, or the class where none are told', (t) => {
  const volume = (name: string, save: string): string =>
    `<volume name="${name}" pool="p" vid="v" size="1" save_on_stop="${save}"/>`;
  const config = `<volume-config>${volume('root', 'False')}${volume('extra', 'True')}</volume-config>`;
  t.deepEqual(expectedParts(only(included('vm3/') + config)).required, ['vm3/extra.img']);
  t.deepEqual(expectedParts(only(included('vm3/'))).required, ['vm3/private.img']);
  t.true(expectedParts(only(included('vm3/'))).optional.includes('vm3/firewall.xml'));
  t.deepEqual(expectedParts(only('')).required, []);
  const classed = (name: string): BackupQube => ({ ...only(included('vm3/')), class: name });
  t.deepEqual(expectedParts(classed('TemplateVM')).required, ['vm3/root.img', 'vm3/private.img']);
  t.deepEqual(expectedParts(classed('DispVM')).required, []);
});

const feature = (name: string): string => `<features><feature name="${name}"/></features>`;
const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['two qubes of one name', store({ domains: qube('work') + qube('work') }), /"work" stands there/],
  [
    'two qubes in one place',
    store({ domains: qube('a', included('vm3/')) + qube('b', included('vm3')) }),
    /"b" shares its place vm3 with "a"/,
  ],
  ['a qube called dom0', store({ domains: qube('dom0') }), /"dom0" stands there twice/],
  ['two dom0s', store().replace(/<domain .*<\/domain>/s, '$&$&'), /"dom0" stands there twice/],
  [
    'a qube called dom0 in place of dom0',
    `<qubes><labels><label id="label-1" color="0xcc0000">red</label></labels>
     <domains>${qube('dom0')}</domains></qubes>`,
    /"dom0" is said to be of class AppVM/,
  ],
  [
    'a qube in the home of dom0',
    store({ domains: qube('a', included('dom0-home/user')) }),
    /cannot be at/,
  ],
  [
    'a place outside the backup',
    store({ domains: qube('a', included('../x')) }),
    /no place in a backup/,
  ],
  ['an absolute place', store({ domains: qube('a', included('/etc')) }), /no place in a backup/],
  ['a missing place', store({ domains: qube('a', included('')) }), /does not say where/],
  [
    'a size that is no number',
    store({ domains: qube('a', included('vm3/').replace('>5<', '>5G<')) }),
    /backup size/,
  ],
  [
    'a size beyond exact numbers',
    store({ domains: qube('a', included('vm3/').replace('>5<', '>9007199254740993<')) }),
    /backup size/,
  ],
  ['an unknown label', store({ labels: '', domains: qube('a') }), /unknown label/],
  [
    'two labels of one id',
    store({
      labels: '<label id="l" color="0xcc0000">a</label><label id="l" color="0xcc0000">b</label>',
    }),
    /label "l" stands there twice/,
  ],
  ['a label without colour', store({ labels: '<label id="l">a</label>' }), /label "l": color/],
  [
    'a name that is no qube name',
    store({ domains: qube('../work') }),
    /name is not the name of a qube/,
  ],
  ['an empty name', store({ domains: qube('') }), /name is not the name of a qube/],
  ['a long name', store({ domains: qube('a'.repeat(32)) }), /name is not the name of a qube/],
  ['the name Domain-0', store({ domains: qube('Domain-0') }), /name is not the name of a qube/],
  [
    'a qube without name',
    store({ domains: qube('a').replace('<property name="name">a</property>', '') }),
    /name is missing/,
  ],
  [
    'a qube without class',
    store({ domains: qube('a').replace(' class="AppVM"', '') }),
    /class is missing/,
  ],
  [
    'a property that stands there twice',
    store({ domains: qube('a', '', '<property name="m">1</property>'.repeat(2)) }),
    /property "m" stands there twice/,
  ],
  [
    'a feature whose name has blanks',
    store({ domains: qube('a', feature('x y')) }),
    /is not a name/,
  ],
  [
    'a feature without name',
    store({ domains: qube('a', '<features><feature/></features>') }),
    /no name/,
  ],
  ['a tag without name', store({ domains: qube('a', '<tags><tag/></tags>') }), /tags/],
  [
    'a volume that leads out of its folder',
    store({ domains: qube('a', '<volume-config><volume name="../x"/></volume-config>') }),
    /not the name of a volume/,
  ],
  [
    'a negative volume',
    store({ domains: qube('a', '<volume-config><volume name="x" size="-1"/></volume-config>') }),
    /is not a size/,
  ],
  [
    'two volumes of one name',
    store({
      domains: qube('a', `<volume-config>${'<volume name="x"/>'.repeat(2)}</volume-config>`),
    }),
    /volume "x" stands there twice/,
  ],
  ['another document', '<domain/>', /root element is <domain>/],
  ['something else', 'hello', /not well-formed XML/],
];
for (const [what, xml, message] of REFUSALS) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parse(xml), { instanceOf: DamagedError });
    t.regex(error.message, message);
    t.is(error.facts.stage, 'content');
    t.is(error.facts.file, 'qubes.xml');
  });
}
