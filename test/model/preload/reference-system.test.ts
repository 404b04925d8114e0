// What the reference's tests on a real system are about, each as a story of ours: `integ` behind a
// title is theirs.
import { scenario } from '../../support/preload-scene.ts';

const [ONE, TWO, THREE] = ['dvm-one', 'dvm-two', 'dvm-three'] as const;

/** What one takes while it starts, at most, and what the machine has for all qubes. */
const ONE_MIB = 450;
const ALL_MIB = 12 * 1024;

scenario('a disposable that is shut down is gone', 'integ 002', async (t, scene) => {
  const name = await scene.request(THREE);
  await scene.call(`admin.vm.Start ${name}`);
  await scene.call(`admin.vm.Shutdown ${name}`);
  await scene.calm();
  t.deepEqual(scene.disposables(), []);
  t.false(scene.world.disk.folders.has(`appvms/${name}`));
});

scenario('what resists when it is removed goes later', 'dispvm.py: cleanup', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  scene.world.trouble.add({ operation: 'folder', effect: 'fails', times: 2 });
  scene.world.trouble.add({ operation: 'volume.remove', effect: 'fails', times: 2 });
  await scene.setMax(THREE, 0);
  await scene.world.pass(0);
  t.is(scene.list(THREE).length, 0);
  const left = (): boolean =>
    [...scene.world.disk.folders.keys()].some((one) => one.includes('/disp'));
  t.true(left());
  await scene.calm();
  t.false(left());
});

scenario('so is one that has ended by itself', 'integ 003', async (t, scene) => {
  const name = await scene.request(THREE);
  await scene.call(`admin.vm.Start ${name}`);
  scene.world.machine.end(scene.world.qube(name).uuid);
  await scene.calm();
  t.deepEqual(scene.disposables(), []);
});

for (const [what, effect] of [
  ['fails', 'fails'],
  ['takes too long', 'slow'],
] as const) {
  scenario(`a start that ${what} is not tried again`, 'integ 010, 011', async (t, scene) => {
    await scene.property(THREE, 'netvm', '');
    await scene.property(THREE, 'qrexec_timeout', '3');
    const operation = effect === 'slow' ? 'unpause' : 'create';
    const name = await scene.request(THREE);
    scene.world.trouble.add({ operation, effect, times: 1 });
    const told = await scene.told(async () => {
      const start = scene.refused(`admin.vm.Start ${name}`);
      await scene.calm();
      t.regex(await start, effect === 'slow' ? /agent for 3 seconds$/ : /create was made to fail$/);
    });
    t.true(told.some((line) => line.startsWith(`${name} domain-start-failed`)));
    t.false(told.some((line) => line.endsWith(' domain-add')));
    t.deepEqual(scene.disposables(), []);
  });
}

scenario('with windows the session is waited for', 'integ 013', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [name = ''] = scene.list(THREE);
  t.deepEqual(scene.world.served, [
    `${name} qubes.WaitForRunningSystem`,
    `${name} qubes.WaitForSession`,
  ]);
  t.is(await scene.request(THREE), name);
});

scenario(
  'without windows it is not; and a request does not wait for it',
  'integ 014',
  async (t, scene) => {
    await scene.feature(THREE, 'gui', '');
    scene.world.trouble.add({ operation: 'service', effect: 'hangs', times: 1 });
    await scene.setMax(THREE, 1);
    await scene.world.pass(1000);
    const [name = ''] = scene.list(THREE);
    t.deepEqual(scene.world.served, [`${name} qubes.WaitForRunningSystem`]);
    t.is(await scene.request(THREE), name);
    t.is(await scene.call(`admin.vm.feature.Get+preload-dispvm-completed ${name}`), '1');
  },
);

for (const [service, user] of [
  ['qubes.WaitForRunningSystem', ''],
  ['qubes.WaitForSession', ' --user'],
] as const) {
  scenario(`${service} does not end in time`, 'dispvm.py: wait_operational', async (t, scene) => {
    const effects = service.endsWith('Session') ? (['slow', 'hangs'] as const) : ['hangs' as const];
    for (const effect of effects) {
      scene.world.trouble.add({ operation: 'service', effect, times: 1 });
    }
    const told = await scene.told(async () => {
      await scene.setMax(THREE, 1);
      await scene.calm();
    });
    const failure = told.find((line) => line.includes('domain-start-failed')) ?? '';
    t.true(
      failure.endsWith(
        `Timed out call to '${service}' after '60' seconds during preload startup. To debug, run the ` +
          `following on a new disposable of 'dvm-three': systemd-analyze${user} blame`,
      ),
      failure,
    );
    t.deepEqual(scene.list(THREE), []);
    await scene.calm();
    t.is(scene.list(THREE).length, 1, 'it is tried again');
  });
}

scenario(
  'no more are started than there is memory for',
  'integ 012, mixin 013',
  async (t, scene) => {
    const { machine } = scene.world;
    await scene.property(THREE, 'netvm', '');
    machine.pressureMiB = ALL_MIB - ONE_MIB;
    await scene.setMax(THREE, 2);
    await scene.calm();
    t.is(scene.list(THREE).length, 1);
    machine.pressureMiB = 0;
    await scene.calm();
    t.is(scene.list(THREE).length, 2, 'there is enough by now');

    await scene.setMax(THREE, 0);
    await scene.calm();
    machine.pressureMiB = ALL_MIB - 3 * ONE_MIB;
    await scene.feature('dom0', 'preload-dispvm-threshold', String(2 * ONE_MIB));
    await scene.setMax(THREE, 2);
    await scene.calm();
    t.is(scene.list(THREE).length, 1, 'so much is to be left');
  },
);

scenario(
  'none is left of those that had too little memory; where nobody knows it is tried',
  'integ 012 early startup',
  async (t, scene) => {
    scene.world.trouble.add({ operation: 'available', effect: 'fails', times: 99 });
    await scene.property(THREE, 'memory', '20000');
    await scene.setMax(THREE, 2);
    await scene.calm();
    t.deepEqual(scene.disposables(), []);
    await scene.setMax(THREE, 0);
    await scene.property(THREE, 'memory', '400');
    await scene.setMax(THREE, 2);
    await scene.calm();
    t.is(scene.list(THREE).length, 2);
  },
);

scenario('several who ask at once get one each', 'integ 015', async (t, scene) => {
  await scene.setMax(THREE, 3);
  await scene.calm();
  const before = scene.list(THREE);
  const given = await Promise.all(before.map(() => scene.request(THREE)));
  t.deepEqual(given.toSorted(), before.toSorted());
  await scene.calm();
  t.is(scene.list(THREE).length, 3);
  t.false(scene.list(THREE).some((name) => before.includes(name)));
});

scenario('one who asks while the maximum becomes 0 gets one', 'integ 016', async (t, scene) => {
  scene.world.trouble.durations = { service: 5000 };
  await scene.setMax(THREE, 1);
  await scene.world.pass(1000);
  const [name] = scene.list(THREE);
  const request = scene.request(THREE);
  await scene.setMax(THREE, 0);
  t.is(await request, name ?? '');
  await scene.calm();
  t.deepEqual(scene.disposables(), [name]);
});

scenario(
  'to be told again to fill a stock changes only what is missing',
  'integ 017',
  async (t, scene) => {
    const fill = async (): Promise<readonly string[]> => {
      await scene.call(`admin.vm.CreateDisposable+preload ${ONE}`);
      return scene.list(ONE);
    };
    t.deepEqual(await fill(), []);
    await scene.setMax(ONE, 1);
    await scene.calm();
    const [first = ''] = scene.list(ONE);
    t.deepEqual(await fill(), [first]);
    await scene.setMax('dom0', 2);
    await scene.calm();
    const [, second = ''] = scene.list(ONE);
    await scene.call(`admin.vm.Kill ${second}`);
    t.deepEqual(scene.list(ONE), [first]);
    const filled = await fill();
    t.is(filled.length, 2);
    t.is(filled[0], first);
    t.false(filled.includes(second));
  },
);

scenario('what dom0 says goes with the default template', 'integ 018', async (t, scene) => {
  const counts = async (): Promise<readonly number[]> => {
    await scene.calm();
    return [ONE, TWO].map((template) => scene.list(template).length);
  };
  await scene.setMax('dom0', 1);
  t.deepEqual(await counts(), [1, 0]);
  await scene.setMax(ONE, 2);
  t.deepEqual(await counts(), [1, 0]);
  await scene.removeFeature(ONE, 'preload-dispvm-max');
  t.deepEqual(await counts(), [1, 0]);
  await scene.setMax(ONE, 2);
  await scene.removeFeature('dom0', 'preload-dispvm-max');
  t.deepEqual(await counts(), [2, 0]);
  await scene.setMax(ONE, '');
  t.deepEqual(await counts(), [0, 0]);
  await scene.setMax('dom0', 1);
  t.deepEqual(await counts(), [1, 0]);
  await scene.property('dom0', 'default_dispvm', TWO);
  t.deepEqual(await counts(), [0, 1]);
  await scene.setMax(ONE, 2);
  t.deepEqual(await counts(), [2, 1]);
  await scene.property('dom0', 'default_dispvm', ONE);
  t.deepEqual(await counts(), [1, 0]);
  await scene.property('dom0', 'default_dispvm', '');
  t.deepEqual(await counts(), [2, 0], 'it is as many as it says itself');
});

for (const template of [THREE, 'fedora']) {
  scenario(
    `what began before ${template} was changed is replaced`,
    'integ 019',
    async (t, scene) => {
      await scene.setMax(THREE, 1);
      await scene.calm();
      const [before] = scene.list(THREE);
      await scene.call(`admin.vm.Start ${template}`);
      await scene.calm();
      t.deepEqual(scene.list(THREE), [before]);
      await scene.call(`admin.vm.Shutdown ${template}`);
      await scene.calm();
      t.is(scene.list(THREE).length, 1);
      t.not(scene.list(THREE)[0], before);
    },
  );
}

scenario('one of another size is not handed out', 'integ 020', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [before] = scene.list(THREE);
  const size = scene.world.qube(THREE).volumes.get('private')?.get('size');
  await scene.call(`admin.vm.volume.Resize+private ${THREE} ${Number(size) + 512}`);
  t.not(await scene.request(THREE), before);
});

scenario('one with another network is not handed out', 'integ 021', async (t, scene) => {
  await scene.setMax(THREE, 1);
  await scene.calm();
  const [before] = scene.list(THREE);
  await scene.property(THREE, 'netvm', '');
  t.not(await scene.request(THREE), before);
  await scene.calm();
  t.is(scene.list(THREE).length, 1);
});
