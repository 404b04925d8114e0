// A plan that was saved and edited, carried out on a host that may have changed.
import test from 'ava';

import { NeedsError, UsageError } from '../../lib/base/errors.ts';
import type { PlannedQube, RestorePlan } from '../../lib/base/restore-plan.ts';
import { checkPlan, requireRunnable } from '../../lib/restore/check-plan.ts';
import type { HostFacts } from '../../lib/restore/host-facts.ts';
import { planRestore } from '../../lib/restore/make-plan.ts';
import { parsePlan, planText } from '../../lib/restore/plan-file.ts';
import { backupOf, homeOf, hostOf, STRICT } from '../support/plan-facts.ts';

const BACKUP = backupOf(
  homeOf('user'),
  { name: 'debian', class: 'TemplateVM' },
  {
    name: 'net',
    properties: { provides_network: 'True' },
  },
  { name: 'work', properties: { netvm: 'net', kernel: '6.1' }, volumes: { private: 600 } },
);
const HOST = hostOf(['vault', 'other:TemplateVM']);
const PLAN = planRestore(BACKUP, 'archive', HOST, STRICT);

/** The plan with some fields of a qube changed. */
function edited(name: string, changes: Partial<PlannedQube>): RestorePlan {
  const qubes = PLAN.qubes.map((qube) => (qube.name === name ? { ...qube, ...changes } : qube));
  return parsePlan(planText({ ...PLAN, qubes }));
}

function verdict(plan: RestorePlan, host: HostFacts = HOST): string {
  try {
    checkPlan(plan, BACKUP, host);
    return 'good';
  } catch (error) {
    if (error instanceof UsageError || error instanceof NeedsError) return error.message;
    throw error;
  }
}

test('a plan as it was made is good', (t) => {
  t.is(verdict(parsePlan(planText(PLAN))), 'good');
  t.notThrows(() => requireRunnable(PLAN));
});

test('edits that can be carried out are good', (t) => {
  t.is(verdict(edited('work', { newName: 'office', template: 'other' })), 'good');
  t.is(verdict(edited('work', { references: { netvm: null, guivm: 'vault' } })), 'good');
  t.is(verdict(edited('work', { action: 'skip', newName: 'vault' })), 'good');
  t.is(
    verdict(edited('work', { label: 'blue', volumes: [{ name: 'private', pool: 'main' }] })),
    'good',
  );
});

for (const [what, name, changes, expected] of [
  ['a name that is taken', 'work', { newName: 'vault' }, 'work: there is a qube vault already'],
  ['a name twice', 'work', { newName: 'net' }, 'net: two qubes get that name'],
  ['no name', 'work', { newName: 'x-dm' }, 'work: no qube can have the name x-dm'],
  ['another class', 'work', { class: 'StandaloneVM' }, 'work: the backup has no such StandaloneVM'],
  ['a qube of nowhere', 'work', { name: 'foo' }, 'foo: the backup has no such AppVM'],
  ['a qube twice', 'work', { name: 'net' }, 'net: it stands there twice'],
  ['no template', 'work', { template: 'vault' }, 'work: there is no template vault'],
  ['a template too many', 'debian', { template: 'other' }, 'debian: TemplateVM has no template'],
  ['a template left out', 'debian', { action: 'skip' }, 'net: there is no template debian'],
  ['no netvm', 'work', { references: { netvm: 'vault' } }, 'work: there is no vault for netvm'],
  ['no reference', 'work', { references: { kernel: 'net' } }, 'work: kernel is no reference'],
  ['no kernel', 'work', { properties: { kernel: '5' } }, 'work: there is no kernel 5'],
  ['no label', 'work', { label: 'teal' }, 'work: there is no label teal'],
  ['no volume', 'work', { volumes: [{ name: 'root' }] }, 'work: the backup has no volume root'],
  ['no pool', 'work', { volumes: [{ name: 'private', pool: 'x' }] }, 'work: there is no pool x'],
] as const) {
  test(`an edited plan is refused: ${what}`, (t) => {
    t.true(verdict(edited(name, changes as Partial<PlannedQube>)).includes(expected));
  });
}

test('the backend of a device must be there', (t) => {
  const device = { bus: 'block', backendDomain: 'usb', portId: 'sda', identity: '*' };
  const plan = edited('work', { devices: [{ ...device, mode: 'required', options: {} }] });
  t.regex(verdict(plan), /work: there is no usb for device sda/);
});

test('a plan of another backup is refused', (t) => {
  t.regex(verdict({ ...PLAN, backup: 'other' }), /another backup/);
});

test('what has changed on the host since is seen', (t) => {
  t.regex(verdict(PLAN, hostOf(['work'])), /work: there is a qube work already/);
  const made = { unfinished: new Map([['work', 'work']]) };
  t.is(verdict(PLAN, hostOf(['work'], made)), 'good');
});

test('too little space is told before anything is made, unless that is ignored', (t) => {
  const pools = new Map([['main', { name: 'main', driver: 'file-reflink', free: 599 }]]);
  const host = hostOf([], { pools });
  t.throws(() => checkPlan(PLAN, BACKUP, host), { instanceOf: NeedsError, message: /pool main/ });
  t.is(verdict({ ...PLAN, ignoreSizeLimit: true }, host), 'good');
  const small = planRestore(BACKUP, 'archive', host, STRICT);
  t.throws(() => requireRunnable(small), { instanceOf: NeedsError });
  t.notThrows(() => requireRunnable({ ...small, ignoreSizeLimit: true }));
});

test('a problem of dom0s home is settled in the plan itself', (t) => {
  const plan = planRestore(BACKUP, 'archive', hostOf([], { user: 'bob' }), STRICT);
  t.regex(verdict(plan), /dom0's home: it is the home of user, and here the user is bob/);
  const { home } = plan;
  t.truthy(home);
  if (home !== undefined) t.is(verdict({ ...plan, home: { ...home, problems: [] } }), 'good');
});

test('a home that the backup does not have is refused', (t) => {
  const { home } = PLAN;
  t.truthy(home);
  const backup = backupOf({ name: 'work' });
  const plan = planRestore(backup, 'archive', hostOf(['debian:TemplateVM']), STRICT);
  const withHome = { ...plan, ...(home !== undefined && { home }) };
  t.throws(() => checkPlan(withHome, backup, hostOf(['debian:TemplateVM'])), {
    ...{ instanceOf: UsageError, message: /no home of dom0/ },
  });
});

test('a plan in which nothing is restored is refused', (t) => {
  const nothing = planRestore(BACKUP, 'archive', HOST, {
    ...STRICT,
    ...{ include: ['work'], exclude: ['work'] },
  });
  t.throws(() => requireRunnable(nothing), { message: /nothing to restore/ });
  t.regex(verdict(nothing), /nothing to restore/);
});

test('what is no plan is refused with its place', (t) => {
  const refused = (text: string, message: RegExp): void => {
    t.throws(() => parsePlan(text), { instanceOf: UsageError, message });
  };
  refused('{', /not JSON/);
  refused('{}', /Cannot use the plan/);
  refused(planText({ ...PLAN, version: 2 as 1 }), /version/);
  refused(planText(PLAN).replace('"newName": "work"', '"newName": "../work"'), /newName/);
  refused(planText(PLAN).replace('"action"', '"acton"'), /qubes 0/);
});
