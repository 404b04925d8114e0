import test from 'ava';

import { QubesValueError } from '../../lib/base/admin-error.ts';
import {
  featureWithAdminVm,
  featureWithNetvm,
  featureWithTemplate,
  featureWithTemplateAndAdminVm,
} from '../../lib/model/feature-lookup.ts';
import { SampleSystem } from '../support/sample-system.ts';

const VALUES = [
  [true, '1'],
  [false, ''],
  [null, ''],
  [0, '0'],
  [17, '17'],
  ['', ''],
  ['x', 'x'],
] as const;

test('a feature is absent, false or true; the number 0 is true', async (t) => {
  const { features } = (await SampleSystem.open(t)).qube('work');
  t.is(features.get('f'), undefined);
  t.false(features.isOn('f'));
  for (const [value, text] of VALUES) {
    features.set('f', value);
    t.is(features.get('f'), text);
    t.is(features.isOn('f'), text !== '');
  }
});

test('whatever way features change, each change has its events', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const { features } = system.qube('work');
  const update = () =>
    app.apply(() =>
      features.update([
        ['a', 0],
        ['b', null],
      ]),
    );
  t.deepEqual(await system.eventsOf(update), [
    ['work', 'domain-feature-pre-set:a', { feature: 'a', value: '0' }],
    ['work', 'domain-feature-set:a', { feature: 'a', value: '0' }],
    ['work', 'domain-feature-pre-set:b', { feature: 'b', value: '' }],
    ['work', 'domain-feature-set:b', { feature: 'b', value: '' }],
  ]);
  t.deepEqual(await system.namesOfEvents(() => app.apply(() => features.clear())), [
    'work domain-feature-pre-delete:a',
    'work domain-feature-delete:a',
    'work domain-feature-pre-delete:b',
    'work domain-feature-delete:b',
  ]);
  t.deepEqual([...features], []);
});

test('an update of which one is refused changes nothing', async (t) => {
  const system = await SampleSystem.open(t);
  const { features } = system.qube('work');
  const wanted = [
    ['a', '1'],
    ['service.a/b', '1'],
  ] as const;
  t.throws(() => system.app.apply(() => features.update(wanted)), { instanceOf: QubesValueError });
  t.deepEqual([...features], []);
});

test('a feature is looked up along template, netvm and dom0; false is an answer too', async (t) => {
  const system = await SampleSystem.open(t);
  const disposable = system.qube('disp1234');
  const looks = () => [
    featureWithTemplate(disposable, 'f'),
    featureWithNetvm(disposable, 'f'),
    featureWithAdminVm(disposable, 'f'),
    featureWithTemplateAndAdminVm(disposable, 'f'),
  ];
  t.deepEqual(looks(), [undefined, undefined, undefined, undefined]);
  system.setFeature('dom0', 'f', 'dom0');
  t.deepEqual(looks(), [undefined, undefined, 'dom0', 'dom0']);
  system.setFeature('fedora-41', 'f', 'template');
  system.setFeature('sys-net', 'f', 'network');
  t.deepEqual(looks(), ['template', 'network', 'dom0', 'template']);
  system.setFeature('default-dvm', 'f', '');
  system.setFeature('sys-firewall', 'f', '');
  t.deepEqual(looks(), ['', '', 'dom0', '']);
  system.setFeature('disp1234', 'f', 'own');
  t.deepEqual(looks(), ['own', 'own', 'own', 'own']);
});
