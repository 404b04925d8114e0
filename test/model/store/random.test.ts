import { setImmediate } from 'node:timers/promises';

import test from 'ava';
import fc from 'fast-check';

import { AdminError } from '../../../lib/base/admin-error.ts';
import type { App } from '../../../lib/model/app.ts';
import { ASSIGNMENT_MODES, DEVICE_CLASSES } from '../../../lib/model/device-assignments.ts';
import { printValue } from '../../../lib/model/property.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import { open, openIn, read, realStore } from '../../support/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const text = fc
  .string({ unit: 'binary', maxLength: 8 })
  .map((one) => one.replace(/[^\t\n\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '_'));
const word = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,8}$/);

/** A change of one thing of one qube, which the model may refuse. */
type Change = (qube: Qube, app: App) => void;

const PROPERTIES = [
  'memory',
  'maxmem',
  'vcpus',
  'label',
  'netvm',
  'kernelopts',
  'autostart',
  'default_dispvm',
  'mac',
  'ip6',
  'default_user',
  'debug',
];
const VALUES = [
  '',
  '0',
  '17',
  'True',
  'red',
  'sys-net',
  'default-dvm',
  'a b',
  '00:16:3E:00:00:01',
  'fd00::1',
  'x"<&\t',
];

const change = fc.oneof<fc.Arbitrary<Change>[]>(
  fc.tuple(fc.constantFrom(...PROPERTIES), fc.constantFrom(...VALUES)).map(
    ([name, value]) =>
      (qube) =>
        qube.setText(qube.property(name), value),
  ),
  fc.constantFrom(...PROPERTIES).map((name) => (qube) => qube.reset(qube.property(name))),
  fc.tuple(word, text).map(
    ([name, value]) =>
      (qube) =>
        qube.features.set(name, value),
  ),
  fc.nat(5).map((index) => (qube) => {
    const name = [...qube.features.names()][index];
    if (name !== undefined) qube.features.delete(name);
  }),
  fc.stringMatching(/^[a-z]{1,2}$/).map((tag) => (qube) => qube.tags.add(tag)),
  fc.stringMatching(/^[a-z]{1,2}$/).map((tag) => (qube) => void qube.tags.delete(tag)),
  fc
    .tuple(
      fc.constantFrom(...DEVICE_CLASSES),
      word,
      fc.constantFrom(...ASSIGNMENT_MODES),
      word,
      text,
    )
    .map(
      ([deviceClass, port, mode, option, value]) =>
        (qube) =>
          qube.devices.assign({
            deviceClass,
            backend: 'sys-net',
            port,
            device: '*',
            mode,
            options: new Map([[option, value]]),
          }),
    ),
  fc.constant((qube: Qube) => {
    const [first] = qube.devices.list();
    if (first !== undefined) qube.devices.unassign(first);
  }),
  fc.tuple(fc.nat(20), fc.stringMatching(/^[0-9a-f]{6}$/)).map(([index, color]) => (_, app) => {
    const others = app.labels.filter((label) => label.index !== index + 10);
    app.labels = [...others, { index: index + 10, name: `l${index}`, color: `0x${color}` }];
  }),
  word.map((name) => (_, app) => {
    const config = new Map([
      ['driver', 'file'],
      ['dir_path', `/x/${name}`],
    ]);
    app.pools = [
      ...app.pools.filter((pool) => pool.name !== name),
      { name, driver: 'file', config },
    ];
  }),
  fc
    .nat(1000)
    .map((seconds) => (_, app) => app.setText(app.property('stats_interval'), `${seconds}`)),
  fc.constant((qube: Qube, app: App) => {
    const isUsed = [app, ...app.qubes].some((one) =>
      [...one.savedProperties()].some(([name, value]) => name !== 'name' && value === qube.name),
    );
    if (!isUsed && qube.qid !== 0) app.delete(qube);
  }),
);
const changes = fc.array(fc.tuple(fc.nat(20), change), { maxLength: 25 });

/** Makes a change; whether it was accepted does not matter here. */
function make(app: App, index: number, work: Change): void {
  const qubes = [...app.qubes];
  const qube = qubes[index % qubes.length];
  if (qube === undefined || (qube.qid === 0 && index % 2 === 0)) return;
  try {
    app.apply(() => work(qube, app));
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
  }
}

/** All that is saved, seen through the model. */
function stateOf(app: App): unknown {
  return {
    labels: app.labels,
    pools: app.pools,
    properties: [...app.savedProperties()],
    qubes: [...app.qubes].map((qube) => ({
      class: qube.className,
      properties: [...qube.properties].map((row) => [
        row.name,
        qube.isDefault(row),
        printValue(qube.find(row)),
      ]),
      features: [...qube.features],
      tags: [...qube.tags],
      devices: DEVICE_CLASSES.map((deviceClass) => qube.devices.list(deviceClass)),
      volumes: [...qube.volumes],
    })),
  };
}

test('any state that changes lead to is read back as it was written', (t) => {
  fc.assert(
    fc.property(changes, (made) => {
      const { app, write } = read(realStore('xml/v4-zstd.qubes.xml'));
      for (const [index, work] of made) {
        make(app, index, work);
        // What is kept of an earlier time must not show.
        if (index % 5 === 0) write();
      }
      const again = read(write());
      t.deepEqual(stateOf(again.app), stateOf(app));
      t.is(again.write(), write());
      t.deepEqual(again.notes, []);
    }),
    { numRuns: 150 },
  );
});

test('changes that are taken back leave no trace', (t) => {
  fc.assert(
    fc.property(changes, (made) => {
      const { app, write } = read(realStore('xml/v4-zstd.qubes.xml'));
      const before = write();
      for (const [index, work] of made) {
        make(app, index, work);
        if (index % 5 === 0) write();
      }
      app.changes.rollBackTo(0);
      t.is(write(), before);
    }),
    { numRuns: 100 },
  );
});

test('what was saved while more was changed is read back as it was at the last save', async (t) => {
  await fc.assert(
    fc.asyncProperty(changes, async (made) => {
      const folder = await temporaryFolder(t);
      const { app, close } = await openIn(folder, realStore('xml/v4-zstd.qubes.xml'));
      const saves: Promise<void>[] = [];
      for (const [index, work] of made) {
        make(app, index, work);
        saves.push(app.save());
        if (index % 3 === 0) await setImmediate();
      }
      await Promise.all(saves);
      const state = stateOf(app);
      await close();
      const again = await open(folder);
      t.deepEqual(stateOf(again.app), state);
      await again.close();
    }),
    { numRuns: 20 },
  );
});
