import test from 'ava';

import { planLines, planTable } from '../../../lib/cli/restore/plan-table.ts';
import { planRestore } from '../../../lib/restore/make-plan.ts';
import { backupOf, homeOf, hostOf, STRICT } from '../../support/plan-facts.ts';

const PLAN = planRestore(
  backupOf(
    homeOf('alice'),
    { name: 'net', properties: { provides_network: 'True', netvm: null }, size: 10 },
    { name: 'work', properties: { netvm: 'net' }, volumes: { private: 2048 }, size: 4096 },
    { name: 'odd', template: 'gone', volumes: { private: 1 } },
  ),
  'archive',
  hostOf(['debian:TemplateVM', 'work']),
  { ...STRICT, conflicting: 'rename', exclude: ['net'], useDefaultNetvm: true },
);

test('the table has a row a qube, what is to be said of it, and what pools need', (t) => {
  t.is(
    planTable(PLAN),
    [
      'QUBE  CLASS    LABEL  TEMPLATE  NETVM         SIZE  POOL       REMARKS',
      'net   AppVM    red    debian    -             10 B  -          SKIPPED: left out by choice',
      'work  AppVM    red    debian    (default)  4.0 KiB  (default)  will be work-1; no net that provides network on the host or among what is restored: follows the default',
      'odd   AppVM    red    gone      (default)      0 B  (default)  STOPS: no template gone on the host or among what is restored',
      'dom0  AdminVM  -      -         -            100 B  -          home of alice; STOPS: it is the home of alice, and here the user is user',
      'Pool main: up to 2.0 KiB needed, 1000 B free: TOO SMALL.',
      '',
    ].join('\n'),
  );
});

test('programs get the same in fields, with bytes', (t) => {
  t.is(
    planLines(PLAN).split('\n')[0],
    'net\tAppVM\tred\tdebian\t-\t10\t-\tSKIPPED: left out by choice',
  );
});
