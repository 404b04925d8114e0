import test from 'ava';

import { qubeOf, read, realStore } from '../../support/store.ts';

/** The store with strange things in all places, none of them known to any release. */
function strange(): string {
  const edits: readonly (readonly [string, string])[] = [
    ['<qubes>', '<qubes future="1&#10;2">\n  <before/>'],
    [
      '  <pools>\n',
      '  <between>\n    <deep a="&lt;">text &amp; more</deep>\n    <deep/>\n  </between>\n  <pools>\n',
    ],
    [
      '  <properties>\n    <property name="clockvm"',
      '  <properties>\n    <property name="a_new_one">x</property>\n    <property name="clockvm"',
    ],
    ['<label id="label-3" color="0xedd400">', '<label id="label-3" color="0xedd400" shade="dark">'],
    ['<domain id="domain-7" class="AppVM">', '<domain id="domain-7" class="AppVM" zone="a">'],
    ['    <domain id="domain-7"', '    <not-a-domain/>\n    <domain id="domain-7"'],
    [
      '        <property name="default_user">',
      '        <property name="colour_of_socks">red</property>\n        <property name="default_user">',
    ],
    ['<property name="debug">', '<property name="debug" since="5">'],
    [
      '        <feature name="menu-items">',
      '        <future-feature name="menu-items"/>\n        <feature name="menu-items">',
    ],
    ['<feature name="x-empty">', '<feature name="x-empty" kind="none">'],
    ['<tag name="team-blue"/>', '<tag name="team-blue" by="me"/>\n        <mark/>'],
    [
      '        <device backend-domain="sys-usb" id="sda1" mode="auto-attach"',
      '        <device backend-domain="gone" id="sdz" mode="by-magic" identity="*"/>\n        <device backend-domain="sys-usb" id="sda1" mode="auto-attach"',
    ],
    [
      'identity="0951:1666:KINGSTON_DT_60A44C3F:u08">',
      'identity="0951:1666:KINGSTON_DT_60A44C3F:u08" speed="fast">',
    ],
    ['<option name="frontend-dev">', '<option name="frontend-dev" unit="x">'],
    ['vid="appvms/work/root"', 'vid="appvms/work/root" colour="blue"'],
    ['driver="linux-kernel"/>', 'driver="linux-kernel" arch="arm"/>'],
    ['  </domains>\n', '    <last-of-domains/>\n  </domains>\n  <after x="y"/>\n'],
  ];
  return edits.reduce((xml, [from, to]) => {
    if (!xml.includes(from)) throw new Error(`No ${from} in the fixture`);
    const at = xml.indexOf(from);
    return xml.slice(0, at) + to + xml.slice(at + from.length);
  }, realStore('xml/v4-zstd.qubes.xml'));
}

test('what means nothing to us stays, in its place', (t) => {
  t.is(read(strange()).write(), strange());
});

test('it stays when what stood before it goes', (t) => {
  const { app, write } = read(strange());
  const work = qubeOf(app, 'work');
  work.reset(work.property('debug'));
  work.features.clear();
  work.tags.delete('team-blue');
  t.regex(
    write(),
    /<property name="backup_timestamp">\d+<\/property>\n +<property name="colour_of_socks">red/,
  );
  t.regex(write(), /<features>\n +<future-feature name="menu-items"\/>\n +<\/features>/);
  t.regex(write(), /<tag name="guivm-dom0"\/>\n +<mark\/>\n +<tag name="X-1"\/>/);
});

test('it goes with the qube it belongs to, and only with that', (t) => {
  const { app, write } = read(strange());
  app.delete(qubeOf(app, 'work'));
  t.false(write().includes('colour_of_socks'));
  t.true(write().includes('<not-a-domain/>'));
  t.true(write().includes('<last-of-domains/>'));
});

test('an empty list of devices stays, and takes the devices that come', (t) => {
  const xml = realStore('admin/session/after.xml');
  const { app, write } = read(xml);
  const work = qubeOf(app, 'newvm');
  const device = {
    backend: 'sys-net',
    port: 'sda',
    device: '*',
    options: new Map([['note', "it's"]]),
  };
  work.devices.assign({ ...device, deviceClass: 'block', mode: 'required' });
  t.true(
    write().includes(
      '      <devices class="pci"/>\n      <devices class="block">\n' +
        '        <device backend-domain="sys-net" id="sda" mode="required" identity="*">\n' +
        `          <option name="note">it's</option>\n        </device>\n      </devices>\n`,
    ),
  );
  work.devices.unassign({ ...device, deviceClass: 'block' });
  t.is(write(), xml);
});
