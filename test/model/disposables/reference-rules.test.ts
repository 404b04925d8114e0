// What the reference's unit tests of disposables and their templates are about, without preloading,
// each as a story of ours.
import { scenario } from '../../support/preload-scene.ts';
import type { Scene } from '../../support/preload-scene.ts';

const [ONE, TWO, THREE] = ['dvm-one', 'dvm-two', 'dvm-three'] as const;
const NOT_OF_DISPOSABLES =
  'QubesException: Refusing to create disposable out of app qube which has template_for_dispvms=False';

/** Makes a disposable with a name. */
async function makeNamed(scene: Scene, template: string = THREE): Promise<string> {
  await scene.call(`admin.vm.Create.DispVM+${template} dom0 name=named label=green`);
  return 'named';
}

function volume(scene: Scene, qube: string, name: string, attribute: string): string | undefined {
  return scene.world.qube(qube).volumes.get(name)?.get(attribute);
}

scenario('an unnamed disposable', 'dispvm 000', async (t, scene) => {
  const name = await scene.request(THREE);
  t.is(name, `disp${await scene.get(name, 'dispid')}`);
  t.is(await scene.get(name, 'template'), THREE);
  t.is(await scene.get(name, 'label'), await scene.get(THREE, 'label'));
  t.is(await scene.get(name, 'auto_cleanup'), 'True');
  t.is(await scene.get(name, 'include_in_backups'), 'False');
  t.is(await scene.get(name, 'default_dispvm'), THREE);
  t.true(scene.world.disk.folders.has(`appvms/${name}`));
});

scenario('a qube that is no template of disposables', 'dispvm 006, 011', async (t, scene) => {
  t.is(await scene.refused('admin.vm.CreateDisposable work'), NOT_OF_DISPOSABLES);
  t.is(await scene.refused('admin.vm.CreateDisposable fedora'), NOT_OF_DISPOSABLES);
  t.regex(
    await scene.refused('admin.vm.Create.DispVM+work dom0 name=named label=red'),
    /^QubesValueError: template for disposable \(work\) needs to be an AppVM with template_for_dispvms=True/,
  );
  t.deepEqual(scene.disposables(), []);
});

scenario('a named disposable', 'dispvm 010, 011', async (t, scene) => {
  const name = await makeNamed(scene);
  t.regex(await scene.get(name, 'dispid'), /^\d{1,4}$/);
  t.is(await scene.get(name, 'auto_cleanup'), 'False');
  t.is(await scene.get(name, 'include_in_backups'), 'True');
  t.is(await scene.get(name, 'default_dispvm'), THREE);
  await scene.call(`admin.vm.Start ${name}`);
  await scene.call(`admin.vm.Shutdown ${name}`);
  await scene.calm();
  t.deepEqual(scene.disposables(), [name], 'it stays');
  t.is(
    await scene.refused(`admin.vm.Create.DispVM+${THREE} dom0 label=green`),
    'ProtocolError: Creation requested without key: name',
  );
});

scenario('another template for a disposable', 'dispvm 007, 022', async (t, scene) => {
  const name = await makeNamed(scene);
  await scene.property(TWO, 'template', 'debian');
  await scene.call(`admin.vm.Start ${name}`);
  t.is(
    await scene.refused(`admin.vm.property.Set+template ${name} ${TWO}`),
    'QubesVMNotHaltedError: Cannot change template while qube is running',
  );
  t.is(
    await scene.refused(`admin.vm.property.Reset+template ${name}`),
    'QubesValueError: Cannot unset template',
  );
  await scene.call(`admin.vm.Kill ${name}`);
  await scene.property(name, 'template', TWO);
  for (const [kind, source] of [
    ['root', volume(scene, 'debian', 'root', 'vid')],
    ['private', volume(scene, TWO, 'private', 'vid')],
  ] as const) {
    t.is(volume(scene, name, kind, 'source'), source);
    t.is(volume(scene, name, kind, 'snap_on_start'), 'True');
    t.not(volume(scene, name, kind, 'save_on_stop'), 'True');
  }
  t.is(volume(scene, TWO, 'root', 'source'), volume(scene, 'debian', 'root', 'vid'));
});

scenario('another template for a template of disposables', 'dispvm 008, 021', async (t, scene) => {
  const name = await makeNamed(scene);
  await scene.property(THREE, 'template', 'debian');
  const root = volume(scene, 'debian', 'root', 'vid');
  t.is(volume(scene, name, 'root', 'source'), root);
  t.is(volume(scene, THREE, 'root', 'source'), root);
  t.is(volume(scene, name, 'private', 'source'), volume(scene, THREE, 'private', 'vid'));
  t.regex(
    await scene.refused(`admin.vm.property.Reset+template ${THREE}`),
    /^QubesValueError: Cannot unset template/,
  );
});

scenario(
  'pools and kinds of volumes come from the template',
  'dispvm 020, 023',
  async (t, scene) => {
    await scene.call('admin.pool.Add+file-reflink dom0 name=other\ndir_path=/other');
    await scene.call('admin.vm.CreateInPool.AppVM+fedora dom0 name=elsewhere label=red pool=other');
    await scene.property('elsewhere', 'template_for_dispvms', 'True');
    const before = await scene.request('elsewhere');
    for (const kind of ['root', 'private', 'volatile']) {
      t.is(volume(scene, before, kind, 'pool'), volume(scene, 'elsewhere', kind, 'pool'), kind);
    }
    t.is(volume(scene, before, 'private', 'pool'), 'other');
    t.not(volume(scene, before, 'volatile', 'ephemeral'), 'True');
    await scene.call('admin.vm.volume.Set.ephemeral+volatile elsewhere True');
    const after = await scene.request('elsewhere');
    t.is(volume(scene, after, 'volatile', 'ephemeral'), 'True');
  },
);

scenario('only templates of disposables make disposables', 'dispvm 030', async (t, scene) => {
  const name = await makeNamed(scene);
  for (const property of ['default_dispvm', 'management_dispvm']) {
    t.regex(
      await scene.refused(`admin.vm.property.Set+${property} ${name} work`),
      /^QubesPropertyValueError: .* has template_for_dispvms set to False/,
    );
    await scene.property(name, property, TWO);
    t.is(await scene.get(name, property), TWO);
  }
});

scenario('a template that the system goes by stays one', 'mixin 050', async (t, scene) => {
  await scene.property('dom0', 'default_dispvm', '');
  for (const property of ['default_dispvm', 'management_dispvm']) {
    await scene.property('dom0', property, THREE);
    t.is(
      await scene.refused(`admin.vm.property.Set+template_for_dispvms ${THREE} False`),
      'QubesVMInUseError: Cannot change template_for_dispvms to False while it is in use by the ' +
        'system by any of these properties: default_dispvm, management_dispvm',
    );
    await scene.property('dom0', property, '');
    await scene.property(THREE, 'template_for_dispvms', 'False');
    await scene.property(THREE, 'template_for_dispvms', 'True');
  }
});

scenario('one that only goes by itself need not', 'mixin 051', async (t, scene) => {
  for (const property of ['default_dispvm', 'management_dispvm']) {
    await scene.property(THREE, property, THREE);
    await scene.property(THREE, 'template_for_dispvms', 'False');
    t.is(await scene.get(THREE, 'template_for_dispvms'), 'False');
    await scene.property(THREE, property, '');
    await scene.property(THREE, 'template_for_dispvms', 'True');
  }
});

scenario('one that others go by does', 'mixin 052, dispvm 009', async (t, scene) => {
  const refusal =
    'QubesVMInUseError: Cannot change template_for_dispvms to False while it is the disposable ' +
    'template of a qube by any of these properties: default_dispvm, management_dispvm, template';
  const off = `admin.vm.property.Set+template_for_dispvms ${THREE} False`;
  for (const property of ['default_dispvm', 'management_dispvm']) {
    await scene.property('work', property, THREE);
    t.is(await scene.refused(off), refusal);
    await scene.property('work', property, '');
    await scene.call(off);
    await scene.property(THREE, 'template_for_dispvms', 'True');
  }
  const name = await makeNamed(scene);
  await scene.property(name, 'default_dispvm', '');
  await scene.property(name, 'management_dispvm', '');
  t.is(await scene.refused(off), refusal);
  await scene.call(`admin.vm.Remove ${name}`);
  await scene.call(off);
});

scenario(
  'without snapshots it does not start beside its disposables',
  'mixin pre-start',
  async (t, scene) => {
    await scene.call(`admin.vm.volume.Set.revisions_to_keep+private ${ONE} -1`);
    const name = await makeNamed(scene, ONE);
    await scene.call(`admin.vm.Start ${name}`);
    t.regex(await scene.refused(`admin.vm.Start ${ONE}`), /^QubesVMNotHaltedError: .*named/);
    await scene.call(`admin.vm.Kill ${name}`);
    await scene.call(`admin.vm.Start ${ONE}`);
    t.regex(await scene.refused(`admin.vm.Start ${name}`), /^QubesVMError: /);
  },
);
