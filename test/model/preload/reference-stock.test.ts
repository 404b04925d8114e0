// What the reference's tests of preloading are about, each as a story of ours. The names behind the
// titles are theirs: `dispvm` and `mixin` of its unit tests, `integ` of those on a real system.
import { scenario } from '../../support/preload-scene.ts';
import { KERNEL } from '../../support/world/storage.ts';

const [ONE, TWO, THREE] = ['dvm-one', 'dvm-two', 'dvm-three'] as const;

scenario('none is started beyond the maximum', 'dispvm 001, integ 011', async (t, scene) => {
  await scene.setMax(THREE, 0);
  await scene.call(`admin.vm.CreateDisposable+preload ${THREE}`);
  t.deepEqual(scene.disposables(), []);
  await scene.setMax(THREE, 1);
  await scene.calm();
  const before = scene.disposables();
  await scene.call(`admin.vm.CreateDisposable+preload ${THREE}`);
  t.deepEqual(scene.disposables(), before);
});

scenario('what waits is handed over', 'dispvm 002', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [name = ''] = scene.list(THREE);
  t.deepEqual(scene.disposables(), [name]);
  t.is(await scene.get(name, 'is_preload'), 'True');
  t.is(await scene.call(`admin.vm.feature.Get+internal ${name}`), '1');
  t.is(await scene.get(name, 'label'), 'red');
  t.is(await scene.get(name, 'auto_cleanup'), 'True');
  t.is(await scene.request(THREE), name);
  t.is(await scene.get(name, 'is_preload'), 'False');
});

scenario('a request that finds nothing has the gap filled', 'dispvm 003', async (t, scene) => {
  scene.world.trouble.add({ operation: 'create', effect: 'fails', times: 1 });
  await scene.setMax(THREE, 1);
  t.deepEqual(scene.list(THREE), []);
  const told = await scene.told(() => scene.request(THREE));
  t.is(told[1], 'dvm-three domain-preload-dispvm-start there is a gap', 'first of all');
  t.true(told.some((line) => line.endsWith(' domain-create-on-disk')));
  t.deepEqual(scene.list(THREE), []);
  await scene.world.pass(5000);
  t.is(scene.list(THREE).length, 1);
});

scenario(
  'how many wait is said by the template, or for the default one by dom0',
  'dispvm 004, mixin 010 get_max',
  async (t, scene) => {
    const counts = async (): Promise<readonly number[]> => {
      await scene.calm();
      return [ONE, TWO].map((template) => scene.list(template).length);
    };
    await scene.setMax(ONE, 1);
    await scene.setMax(TWO, 1);
    t.deepEqual(await counts(), [1, 1]);
    await scene.setMax('dom0', '');
    t.deepEqual(await counts(), [0, 1], 'nothing is 0');
    await scene.setMax('dom0', 2);
    t.deepEqual(await counts(), [2, 1]);
    await scene.setMax('dom0', 0);
    t.deepEqual(await counts(), [0, 1]);
    await scene.property('dom0', 'default_dispvm', '');
    t.deepEqual(await counts(), [1, 1]);
  },
);

scenario('which templates are filled after sleep', 'dispvm 005, mixin 100', async (t, scene) => {
  const filled = async (): Promise<readonly string[]> => {
    await scene.calm();
    await scene.call('internal.SuspendPre');
    return (await scene.starts(() => scene.call('internal.SuspendPost'))).toSorted();
  };
  const of = (template: string): string => `${template}: system resumed`;
  t.deepEqual(await filled(), []);
  await scene.setMax(ONE, 1);
  await scene.setMax(TWO, 0);
  t.deepEqual(await filled(), [of(ONE)]);
  await scene.setMax('dom0', '');
  await scene.setMax(TWO, 1);
  t.deepEqual(await filled(), [of(TWO)]);
  await scene.property('dom0', 'default_dispvm', '');
  t.deepEqual(await filled(), [of(ONE), of(TWO)]);
  await scene.setMax('dom0', 1);
  t.deepEqual(await filled(), [of(ONE), of(TWO)]);
  await scene.property('dom0', 'default_dispvm', THREE);
  t.deepEqual(await filled(), [of(ONE), of(THREE), of(TWO)]);
});

scenario('one that is unlike its template is replaced', 'dispvm 024', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const replaced = async (qube: string, name: string, value: string): Promise<boolean> => {
    const [before] = scene.list(THREE);
    await scene.property(qube, name, value);
    await scene.calm();
    t.is(scene.list(THREE).length, 1);
    return scene.list(THREE)[0] !== before;
  };
  t.true(await replaced(THREE, 'debug', 'True'));
  t.true(await replaced(THREE, 'debug', 'False'));
  t.false(await replaced('net-two', 'label', 'black'));
  t.true(await replaced(THREE, 'netvm', 'net-two'));
  t.false(await replaced(THREE, 'include_in_backups', 'False'));
  t.false(await replaced(THREE, 'kernel', KERNEL));
});

scenario('one that goes by a default which changes is replaced', 'dispvm 024', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  // Now it has the same as its template, but not for the same reason.
  await scene.property(THREE, 'netvm', 'net-one');
  await scene.calm();
  const [before = ''] = scene.list(THREE);
  await scene.call('admin.vm.Start net-two');
  await scene.property('dom0', 'default_netvm', 'net-two');
  await scene.calm();
  const [after = ''] = scene.list(THREE);
  t.not(after, before);
  t.is(scene.world.find(before), undefined);
  t.is(await scene.get(after, 'netvm'), 'net-one');
  await scene.property(after, 'netvm', '');
  await scene.calm();
  t.not(scene.list(THREE)[0], after, 'somebody has changed it');
});

scenario('how long a gap stays', 'mixin 010 get_delay', async (t, scene) => {
  const delays = ['0', '2', '10000', '-1', '-3.14', ''];
  await scene.setMax(THREE, 1);
  for (const value of delays) {
    await scene.calm();
    t.is(scene.list(THREE).length, 1, value);
    await scene.feature(THREE, 'preload-dispvm-delay', value);
    await scene.request(THREE);
    const ms = Math.abs(Number(value)) * 1000;
    if (ms > 0) {
      await scene.world.pass(ms - 1);
      t.deepEqual(scene.list(THREE), [], value);
    }
    await scene.world.pass(1);
    t.is(scene.list(THREE).length, 1, value);
  }
  for (const value of ['a', '.2.', '1 1']) {
    t.is(
      await scene.refused(`admin.vm.feature.Set+preload-dispvm-delay ${THREE} ${value}`),
      'QubesValueError: Invalid preload-dispvm-delay value: not an integer or float',
    );
  }
});

scenario('nobody writes the list', 'mixin 010 get_list', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [name = ''] = scene.list(THREE);
  for (const [qube, feature] of [
    [THREE, 'preload-dispvm'],
    [name, 'preload-dispvm-completed'],
    [name, 'preload-dispvm-in-progress'],
  ]) {
    for (const call of ['Set', 'Remove']) {
      t.regex(
        await scene.refused(`admin.vm.feature.${call}+${feature} ${qube}`),
        /^PermissionDenied: changing this feature is prohibited/,
      );
    }
  }
});

scenario('a maximum that is removed', 'mixin 011', async (t, scene) => {
  await scene.setMax('dom0', 1);
  await scene.setMax(ONE, 1);
  await scene.calm();
  const waiting = scene.list(ONE);
  await scene.removeFeature(ONE, 'preload-dispvm-max');
  await scene.calm();
  t.deepEqual(scene.list(ONE), waiting, 'dom0 says so still');
  await scene.setMax(ONE, 1);
  await scene.removeFeature('dom0', 'preload-dispvm-max');
  await scene.calm();
  t.deepEqual(scene.list(ONE), waiting);
  await scene.removeFeature(ONE, 'preload-dispvm-max');
  t.deepEqual(scene.list(ONE), []);
  await scene.calm();
  t.deepEqual(scene.disposables(), []);
});

scenario('a maximum that is set', 'mixin 010 can, mixin 012', async (t, scene) => {
  const set = (max: number | ''): Promise<readonly string[]> =>
    scene.starts(() => scene.setMax(THREE, max));
  t.deepEqual(await set(''), [`${THREE}: local feature was set to ''`]);
  t.deepEqual(scene.list(THREE), []);
  t.deepEqual(await set(0), [`${THREE}: local feature was set to '0'`]);
  t.deepEqual(scene.list(THREE), []);
  t.deepEqual(await set(1), [`${THREE}: local feature was set to '1'`]);
  t.is(scene.list(THREE).length, 1);
  t.deepEqual(await set(1), []);
  await scene.property(THREE, 'template_for_dispvms', 'False');
  t.deepEqual(await set(2), []);
  t.deepEqual(scene.disposables(), []);
});

scenario('another template', 'mixin 030', async (t, scene) => {
  const move = (template: string): Promise<readonly string[]> =>
    scene.starts(() => scene.property(THREE, 'template', template));
  t.deepEqual(await move('debian'), [], 'none is wanted');
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [first] = scene.list(THREE);
  t.deepEqual(await move('fedora'), [`${THREE}: template has changed`]);
  await scene.calm();
  const [second = ''] = scene.list(THREE);
  t.not(second, first);
  t.deepEqual(await move('fedora'), []);
  t.deepEqual(scene.list(THREE), [second]);
  t.is(await scene.request(THREE), second);
  await scene.calm();
  const [third] = scene.list(THREE);
  t.regex(
    await scene.refused(`admin.vm.property.Set+template ${THREE} debian`),
    /running disposables/,
  );
  t.deepEqual(scene.list(THREE), [third]);
});

scenario('a template of disposables that is none for a while', 'mixin 040', async (t, scene) => {
  const turn = (value: string): Promise<readonly string[]> =>
    scene.starts(() => scene.property(THREE, 'template_for_dispvms', value));
  t.deepEqual(await turn('False'), []);
  t.deepEqual(await turn('False'), []);
  await scene.setMax(THREE, 1);
  t.deepEqual(await turn('True'), [`${THREE}: template_for_dispvms was set to True`]);
  t.is(scene.list(THREE).length, 1);
  t.deepEqual(await turn('True'), []);
  t.is(scene.list(THREE).length, 1);
  await scene.call(`admin.vm.property.Reset+template_for_dispvms ${THREE}`);
  t.deepEqual(scene.list(THREE), []);
  await scene.calm();
  t.deepEqual(scene.disposables(), []);
});
