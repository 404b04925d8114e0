// What is planned, rule by rule.
import test from 'ava';

import type { BackupDevice } from '../../lib/archive/metadata/metadata.ts';
import { UsageError } from '../../lib/base/errors.ts';
import { type PlannedQube, type RestorePlan, restorePlan } from '../../lib/base/restore-plan.ts';
import { RIGHTS_TAGS } from '../../lib/base/restore-tags.ts';
import type { HostFacts } from '../../lib/restore/host-facts.ts';
import { planRestore } from '../../lib/restore/make-plan.ts';
import type { RestoreOptions } from '../../lib/restore/restore-options.ts';
import { backupOf, homeOf, hostOf, type QubeSketch, STRICT } from '../support/plan-facts.ts';

const DEBIAN: QubeSketch = { name: 'debian', class: 'TemplateVM' };
const NET: QubeSketch = { name: 'net', properties: { provides_network: 'True', netvm: null } };
const ON_HOST = hostOf(['debian:TemplateVM', 'net:AppVM:network']);

function planned(
  sketches: readonly QubeSketch[],
  host: HostFacts = ON_HOST,
  options: Partial<RestoreOptions> = {},
): RestorePlan {
  return restorePlan.parse(
    planRestore(backupOf(...sketches), 'backup', host, { ...STRICT, ...options }),
  );
}

function qubeIn({ qubes }: RestorePlan, name: string): PlannedQube {
  const found = qubes.find((qube) => qube.name === name);
  if (found === undefined) throw new Error(`There is no ${name} in the plan`);
  return found;
}

/** The plan of a qube alone. */
function planOf(
  sketch: QubeSketch,
  host?: HostFacts,
  options?: Partial<RestoreOptions>,
): PlannedQube {
  return qubeIn(planned([sketch], host, options), sketch.name);
}

/** What is said of a qube: `CODE`, with `!` where it stops the run. */
function said({ problems }: Pick<PlannedQube, 'problems'>): string[] {
  return problems.map(({ code, blocks }) => `${code}${blocks ? '!' : ''}`);
}

test('a qube is planned as it was, by the new names of what it refers to', (t) => {
  t.deepEqual(
    planOf({
      name: 'work',
      label: 'blue',
      properties: { netvm: 'net', memory: '400', kernel: '6.1', uuid: 'x', qid: '7', dispid: '1' },
      features: { 'service.cups': '1', 'preload-dispvm-max': '2', 'preload-dispvm': 'disp1' },
      tags: ['team', 'guivm-dom0'],
      volumes: { private: 300 },
      size: 200,
    }),
    {
      name: 'work',
      newName: 'work',
      action: 'restore',
      class: 'AppVM',
      label: 'blue',
      template: 'debian',
      size: 200,
      volumes: [{ name: 'private', bytes: 300 }],
      properties: { memory: '400', kernel: '6.1' },
      references: { netvm: 'net' },
      features: { 'service.cups': '1', 'preload-dispvm-max': '2' },
      tags: ['team'],
      devices: [],
      problems: [],
    },
  );
});

test('only what the backup has data of is planned, in its order; names choose', (t) => {
  const sketches = [{ name: 'b' }, { name: 'a' }, { name: 'seen', included: false }, { name: 'c' }];
  const actions = (options: Partial<RestoreOptions>): string =>
    planned(sketches, ON_HOST, options)
      .qubes.map(({ name, action }) => (action === 'restore' ? name : `(${name})`))
      .join(' ');
  t.is(actions({}), 'b a c');
  t.is(actions({ include: ['a', 'c'] }), '(b) a c');
  t.is(actions({ exclude: ['a', 'seen'] }), 'b (a) c');
  t.is(actions({ include: ['a', 'c'], exclude: ['c'] }), '(b) a (c)');
  t.deepEqual(said(qubeIn(planned(sketches, ON_HOST, { exclude: ['a'] }), 'a')), ['EXCLUDED']);
  for (const include of ['nosuch', 'seen']) {
    t.throws(() => planned(sketches, ON_HOST, { include: [include] }), { instanceOf: UsageError });
  }
  t.throws(() => planned(sketches, ON_HOST, { exclude: ['nosuch'] }), { instanceOf: UsageError });
});

test('a name that is taken stops the run, or the qube is left out, or renamed', (t) => {
  const host = hostOf(['debian:TemplateVM', 'work']);
  t.deepEqual(said(planOf({ name: 'work' }, host)), ['ALREADY_EXISTS!']);
  const skipped = planOf({ name: 'work' }, host, { conflicting: 'skip' });
  t.is(skipped.action, 'skip');
  t.deepEqual(said(skipped), ['ALREADY_EXISTS']);
  const renamed = planOf({ name: 'work' }, host, { conflicting: 'rename' });
  t.like(renamed, { newName: 'work-1', action: 'restore', problems: [] });
});

const long = (length: number): string => 'n'.repeat(length);

for (const [taken, expected] of [
  [['work'], 'work-1'],
  [['work', 'work-1', 'work-2'], 'work-3'],
  [['work', ...numbered('work', 98)], 'work-99'],
  [['work', ...numbered('work', 99)], undefined],
  [[long(31)], `${long(29)}-1`],
  [[long(29)], `${long(29)}-1`],
  [[long(31), ...numbered(long(29), 9)], `${long(28)}-10`],
] as const) {
  test(`the new name where ${taken.slice(0, 4).join(' ')} (${taken.length}) are taken`, (t) => {
    const [name] = taken;
    const host = hostOf(['debian:TemplateVM', ...taken]);
    const qube = planOf({ name }, host, { conflicting: 'rename' });
    t.deepEqual(said(qube), expected === undefined ? ['ALREADY_EXISTS!'] : []);
    t.is(qube.newName, expected ?? name);
  });
}

function numbered(name: string, last: number): string[] {
  return Array.from({ length: last }, (_, at) => `${name}-${at + 1}`);
}

test('a long name that is free is kept', (t) => {
  t.is(planOf({ name: long(31) }, ON_HOST, { conflicting: 'rename' }).newName, long(31));
});

test('a new name is none that another qube of the backup has, or gets', (t) => {
  const host = hostOf(['debian:TemplateVM', 'work', 'work-3']);
  const options = { conflicting: 'rename', exclude: ['work-2'] } as const;
  const names = ['work', 'work-1', 'work-2', 'work-3'];
  t.deepEqual(
    planned(
      names.map((name) => ({ name })),
      host,
      options,
    ).qubes.map(({ newName }) => newName),
    ['work-4', 'work-1', 'work-2', 'work-3-1'],
  );
});

test('names that differ by case are different', (t) => {
  t.like(planOf({ name: 'Work' }, hostOf(['debian:TemplateVM', 'work'])), { newName: 'Work' });
});

test('a name that no qube can have is changed like one that is taken', (t) => {
  for (const name of ['none', 'default', 'win-dm']) {
    t.deepEqual(said(planOf({ name })), ['NOT_RESTORABLE!']);
    t.is(planOf({ name }, ON_HOST, { conflicting: 'rename' }).newName, `${name}-1`);
  }
});

test('a chosen name goes before others, and must be free', (t) => {
  const names = new Map([['work', 'office']]);
  t.like(planOf({ name: 'work' }, hostOf(['debian:TemplateVM', 'work']), { names }), {
    newName: 'office',
    problems: [],
  });
  t.deepEqual(said(planOf({ name: 'work' }, hostOf(['debian:TemplateVM', 'office']), { names })), [
    'ALREADY_EXISTS!',
  ]);
  const two = planned([{ name: 'work' }, { name: 'office' }], ON_HOST, { names });
  t.deepEqual([said(qubeIn(two, 'work')), said(qubeIn(two, 'office'))], [['ALREADY_EXISTS!'], []]);
  const swapped = planned([{ name: 'a' }, { name: 'b' }], ON_HOST, {
    names: new Map([
      ['a', 'b'],
      ['b', 'a'],
    ]),
  });
  t.deepEqual(
    swapped.qubes.map(({ newName }) => newName),
    ['b', 'a'],
  );
});

test('what an earlier run made is gone on with by its name', (t) => {
  const facts = {
    unfinished: new Map([
      ['work', 'work-1'],
      ['gone', 'gone'],
    ]),
  };
  const host = hostOf(['debian:TemplateVM', 'work', 'work-1'], facts);
  t.like(planOf({ name: 'work' }, host), { newName: 'work-1', resumes: true, problems: [] });
  t.is(planOf({ name: 'gone' }, host).resumes, undefined);
});

test('a template counts only if it is one, on the host or good in the backup', (t) => {
  const isFound = (host: HostFacts, ...sketches: QubeSketch[]): boolean =>
    said(qubeIn(planned([...sketches, { name: 'work' }], host), 'work')).length === 0;
  t.true(isFound(hostOf(['debian:TemplateVM'])));
  t.true(isFound(hostOf(), DEBIAN));
  t.false(isFound(hostOf()));
  t.false(isFound(hostOf(['debian:AppVM'])));
  t.false(isFound(hostOf(['debian:StandaloneVM:disposables'])));
  t.false(isFound(hostOf(), { ...DEBIAN, class: 'StandaloneVM' }));
  t.false(isFound(hostOf(), { ...DEBIAN, included: false }));
  t.false(isFound(hostOf(), { ...DEBIAN, properties: { netvm: 'nosuch' } }));
});

test('a disposable needs a template for disposables', (t) => {
  const DISP: QubeSketch = { name: 'disp', class: 'DispVM', template: 'dvm' };
  const isFound = (host: HostFacts, ...sketches: QubeSketch[]): boolean =>
    said(qubeIn(planned([...sketches, DISP], host), 'disp')).length === 0;
  const dvm = (value: string): QubeSketch => ({
    name: 'dvm',
    properties: { template_for_dispvms: value },
  });
  t.true(isFound(hostOf(['dvm:AppVM:disposables'])));
  t.false(isFound(hostOf(['dvm:AppVM'])));
  t.false(isFound(hostOf(['dvm:TemplateVM'])));
  t.true(isFound(ON_HOST, dvm('True')));
  t.false(isFound(ON_HOST, dvm('False')));
  t.false(isFound(hostOf(), dvm('True')), 'its own template is missing');
});

test('a missing template stops the run, or is the default, or the qube is left out', (t) => {
  const work: QubeSketch = { name: 'work', template: 'old' };
  t.deepEqual(said(planOf(work)), ['MISSING_TEMPLATE!']);
  t.like(planOf(work, ON_HOST, { skipBroken: true }), { action: 'skip' });
  const options = { useDefaultTemplate: true };
  const settled = planOf(work, ON_HOST, options);
  t.like(settled, { action: 'restore', template: 'debian' });
  t.deepEqual(said(settled), ['MISSING_TEMPLATE']);

  const without = hostOf(['debian:AppVM']);
  t.deepEqual(said(planOf(work, without, options)), ['MISSING_TEMPLATE!'], 'the default is none');
  const disp: QubeSketch = { name: 'disp', class: 'DispVM', template: 'old' };
  t.deepEqual(said(planOf(disp, ON_HOST, options)), ['MISSING_TEMPLATE!']);
  const globals = new Map([['default_dispvm', 'dvm']]);
  t.is(planOf(disp, hostOf(['dvm:AppVM:disposables'], { globals }), options).template, 'dvm');
});

test('no template at all is the default one; classes without one have none', (t) => {
  t.like(planOf({ name: 'work', template: null }), { template: 'debian', problems: [] });
  t.is(planOf({ name: 'hvm', class: 'StandaloneVM', template: 'debian' }).template, null);
});

test('what is broken takes those with it that need it, also in a circle', (t) => {
  const sketches = [
    { ...DEBIAN, properties: { netvm: 'net' } },
    NET,
    { name: 'work', properties: { netvm: 'net' } },
    { name: 'alone', class: 'StandaloneVM' },
  ];
  const whole = planned(sketches, hostOf());
  t.true(
    whole.qubes.every(({ action, problems }) => action === 'restore' && problems.length === 0),
  );
  const broken = planned(sketches, hostOf(), { exclude: ['net'], skipBroken: true });
  t.deepEqual(
    broken.qubes.map(({ name, action }) => [name, action]),
    [
      ['debian', 'skip'],
      ['net', 'skip'],
      ['work', 'skip'],
      ['alone', 'restore'],
    ],
  );
});

test('a netvm must provide network; else the run stops, or it is the default, or none', (t) => {
  const work: QubeSketch = { name: 'work', properties: { netvm: 'vault' } };
  const host = hostOf(['debian:TemplateVM', 'vault']);
  t.deepEqual(said(planOf(work, host)), ['MISSING_NETVM!']);
  t.like(planOf(work, host, { skipBroken: true }), { action: 'skip' });
  const byDefault = planOf(work, host, { useDefaultNetvm: true });
  t.deepEqual(byDefault.references, {});
  t.deepEqual(said(byDefault), ['MISSING_NETVM']);
  t.deepEqual(planOf(work, host, { useNoneNetvm: true }).references, { netvm: null });
  const found = { name: 'work', properties: { netvm: 'net' } };
  t.deepEqual(planOf(found, ON_HOST, { useNoneNetvm: true }).references, { netvm: 'net' });
  t.deepEqual(planOf({ name: 'a', properties: { netvm: null } }).references, { netvm: null });
  t.deepEqual(planOf({ name: 'a' }).references, {});
});

test('a missing kernel is the default one, or stops the run; one that cannot be seen is kept', (t) => {
  const work: QubeSketch = { name: 'work', properties: { kernel: '5.0' } };
  const settled = planOf(work);
  t.deepEqual(settled.properties, {});
  t.deepEqual(said(settled), ['MISSING_KERNEL']);
  t.deepEqual(said(planOf(work, ON_HOST, { useDefaultKernel: false })), ['MISSING_KERNEL!']);
  const unseen = hostOf(['debian:TemplateVM'], { kernels: undefined });
  t.deepEqual(planOf(work, unseen).properties, { kernel: '5.0' });
  const none = planOf({ name: 'work', properties: { kernel: null } });
  t.deepEqual([none.properties, none.problems], [{ kernel: null }, []]);
});

test('references follow renames, or are left out with a word', (t) => {
  const sketches: QubeSketch[] = [
    DEBIAN,
    NET,
    { name: 'dvm', properties: { template_for_dispvms: 'True', default_dispvm: 'dvm' } },
    { name: 'gui' },
    {
      name: 'work',
      properties: {
        ...{ netvm: 'net', default_dispvm: 'dvm', management_dispvm: 'gone' },
        ...{ guivm: 'gui', audiovm: 'dom0' },
      },
    },
  ];
  const taken = ['debian:TemplateVM', 'net:AppVM:network', 'dvm:AppVM:disposables', 'gui', 'work'];
  const plan = planned(sketches, hostOf(taken), { conflicting: 'rename' });
  const work = qubeIn(plan, 'work');
  t.like(work, { newName: 'work-1', template: 'debian-1' });
  t.deepEqual(work.references, {
    ...{ netvm: 'net-1', default_dispvm: 'dvm-1', guivm: 'gui-1', audiovm: 'dom0' },
  });
  t.deepEqual(said(work), ['MISSING_QUBE']);
  t.deepEqual(qubeIn(plan, 'dvm').references, { default_dispvm: 'dvm-1' });

  const skipped = planned(sketches, hostOf(taken), { conflicting: 'skip', exclude: ['gui'] });
  t.true(skipped.qubes.every(({ action }) => action === 'skip'));
  const others = qubeIn(
    planned(sketches, hostOf(taken.slice(0, 4)), { conflicting: 'skip' }),
    'work',
  );
  t.deepEqual(others.references, {
    ...{ netvm: 'net', default_dispvm: 'dvm', guivm: 'gui', audiovm: 'dom0' },
  });
});

function device(backendDomain: string | undefined): BackupDevice {
  return {
    bus: 'block',
    ...(backendDomain !== undefined && { backendDomain }),
    ...{ portId: 'sda', identity: '0781:5581', mode: 'ask-to-attach' },
    options: new Map([['read-only', 'yes']]),
  };
}

test('devices keep mode and identity, and their backends follow renames', (t) => {
  const sketches: QubeSketch[] = [
    { name: 'usb' },
    { name: 'work', devices: [device('usb'), device(undefined), device('gone'), device('dom0')] },
  ];
  const host = hostOf(['debian:TemplateVM', 'usb']);
  const work = qubeIn(planned(sketches, host, { conflicting: 'rename' }), 'work');
  t.deepEqual(
    work.devices.map(({ backendDomain }) => backendDomain),
    ['usb-1', undefined, 'dom0'],
  );
  t.like(work.devices[0], {
    ...{ portId: 'sda', identity: '0781:5581', mode: 'ask-to-attach' },
    options: { 'read-only': 'yes' },
  });
  t.deepEqual(said(work), ['MISSING_QUBE']);
  const without = planned(sketches, host, { conflicting: 'rename', devices: false });
  t.deepEqual(qubeIn(without, 'work').devices, []);
});

test('tags of the system are not restored; who made a qube only along with the maker', (t) => {
  const tags = [
    ...['mine', 'guivm-dom0', 'audiovm-dom0', 'created-by-dom0', 'created-by-mgmt'],
    ...['disp-created-by-mgmt', 'created-by-host', 'backup-restore-in-progress'],
    'restored-from-backup-at-2026-01-02',
  ];
  const sketches = [{ name: 'work', tags }, { name: 'mgmt' }];
  const host = hostOf(['debian:TemplateVM', 'host', 'mgmt']);
  t.deepEqual(qubeIn(planned(sketches, host, { conflicting: 'rename' }), 'work').tags, [
    ...['mine', 'created-by-mgmt-1', 'disp-created-by-mgmt-1'],
    'restored-from-backup-at-2026-01-02',
  ]);
  t.deepEqual(qubeIn(planned(sketches, host, { conflicting: 'skip' }), 'work').tags, [
    ...['mine', 'restored-from-backup-at-2026-01-02'],
  ]);
});

test('a tag that gives rights over other qubes is left out, and that is said', (t) => {
  const work = planOf({ name: 'work', tags: ['team', ...RIGHTS_TAGS] });
  t.deepEqual(work.tags, ['team']);
  t.deepEqual(said(work), ['RIGHTS_LEFT_OUT', 'RIGHTS_LEFT_OUT', 'RIGHTS_LEFT_OUT']);
});

test('a label that the host does not have is red', (t) => {
  const work = planOf({ name: 'work', label: 'teal' });
  t.is(work.label, 'red');
  t.deepEqual(said(work), ['MISSING_LABEL']);
});

test('a class that nobody knows is not restored', (t) => {
  const future: QubeSketch = { name: 'future', class: 'QuantumVM' };
  t.deepEqual(said(planOf(future)), ['NOT_RESTORABLE!']);
  t.is(planOf(future, ON_HOST, { skipBroken: true }).action, 'skip');
});

test('dom0s home needs the same user, or not; and is chosen like a qube', (t) => {
  const home = (options: Partial<RestoreOptions>, host = ON_HOST, user = 'alice') =>
    planned([homeOf(user), { name: 'work' }], host, options).home;
  t.like(home({}, ON_HOST, 'user'), { user: 'user', action: 'restore', size: 100, problems: [] });
  t.like(home({}), { problems: [{ code: 'USERNAME_MISMATCH', blocks: true }] });
  t.like(home({ ignoreUsernameMismatch: true }), {
    action: 'restore',
    problems: [{ code: 'USERNAME_MISMATCH', blocks: false }],
  });
  t.deepEqual(home({}, hostOf(['debian:TemplateVM'], { user: undefined }))?.problems, []);
  for (const options of [{ dom0Home: false }, { include: ['work'] }, { exclude: ['dom0'] }]) {
    t.like(home(options), { action: 'skip', problems: [{ code: 'EXCLUDED', blocks: false }] });
  }
  const alone = planned([homeOf('user'), { name: 'work' }], ON_HOST, { include: ['dom0'] });
  t.is(alone.home?.action, 'restore');
  t.is(qubeIn(alone, 'work').action, 'skip');
  t.is(planned([{ name: 'work' }]).home, undefined);
});

test('what volumes need of a pool: their size, at most the data of their qube', (t) => {
  const sketches: QubeSketch[] = [
    { name: 'a', volumes: { private: 300 }, size: 200 },
    { name: 'b', volumes: { private: 300 }, size: 500 },
    { name: 'c', volumes: { private: 40 }, size: 0 },
    { name: 'out', volumes: { private: 40 } },
  ];
  t.deepEqual(planned(sketches, ON_HOST, { exclude: ['out'] }).pools, [
    { name: 'main', needed: 540, free: 1000 },
  ]);
  const pools = new Map([
    ['main', { name: 'main', driver: 'file-reflink', free: 5 }],
    ['fast', { name: 'fast', driver: 'lvm_thin', free: undefined }],
    ['kernels', { name: 'kernels', driver: 'linux-kernel', free: undefined }],
  ]);
  const host = hostOf(['debian:TemplateVM'], { pools });
  const plan = planned(sketches, host, { overridePool: 'fast' });
  t.deepEqual(plan.pools, [{ name: 'fast', needed: 580 }]);
  t.deepEqual(qubeIn(plan, 'a').volumes, [{ name: 'private', bytes: 300, pool: 'fast' }]);
  for (const overridePool of ['nosuch', 'kernels']) {
    t.throws(() => planned(sketches, host, { overridePool }), { instanceOf: UsageError });
  }
});

test('root and private can go to different pools', (t) => {
  const globals = new Map([
    ['default_pool', 'main'],
    ['default_pool_root', 'big'],
  ]);
  const sketch: QubeSketch = {
    ...{ name: 'alone', class: 'StandaloneVM' },
    ...{ volumes: { root: 900, private: 50 }, size: 100 },
  };
  t.deepEqual(planned([sketch], hostOf([], { globals })).pools, [
    { name: 'big', needed: 100 },
    { name: 'main', needed: 50, free: 1000 },
  ]);
});
