import { join } from 'node:path';
import test from 'ava';

import { lintPolicy } from '../../lib/policy/lint/lint-policy.ts';
import type { SystemFacts } from '../../lib/policy/system-facts.ts';
import { FACTS, policyFiles, UUID } from '../support/policy.ts';

interface Look {
  readonly facts?: SystemFacts;
  /** In place of the folders. */
  readonly files?: readonly string[];
}

/** What is found, as `FILE:LINE severity message`. */
async function found(
  t: Parameters<typeof policyFiles>[0],
  written: Readonly<Record<string, string>>,
  { facts, files = [] }: Look = {},
): Promise<readonly string[]> {
  const root = await policyFiles(t, written);
  const policy = {
    folders: [join(root, 'run'), join(root, 'etc')],
    legacyFolder: join(root, 'old'),
    files: files.map((file) => join(root, file)),
  };
  return lintPolicy(policy, facts).map(
    ({ file, line, severity, message }) =>
      `${file.slice(root.length + 1)}:${line} ${severity} ${message.replaceAll(root, '')}`,
  );
}

const NEVER_DECIDES = 'this never decides: line 1 comes first';

/** Lines, and what is suspicious about the last one. */
const SUSPICIOUS: readonly (readonly [lines: string, message: string | undefined])[] = [
  ['a * work vault allow', undefined],
  ['a * dom0 vault allow', 'this never matches: calls of dom0 are not judged'],
  ['a * @adminvm vault allow', 'this never matches: calls of dom0 are not judged'],
  [
    'a * @dispvm:dvm vault allow',
    'this never matches: disposables call by their own names; @type:DispVM or a tag can stand for them',
  ],
  ['a * work @type:AppVm allow', 'there is no class AppVm of qubes'],
  ['a * wörk vault allow', 'no qube can have the name w_rk'],
  ['a * work uuid:1 allow', 'no qube can have the name uuid:1'],
  [
    `a * work @dispvm:uuid:${UUID.dvm} allow`,
    'by its UUID a template is not recognised where a qube calls @dispvm',
  ],
  [
    'a * work @dispvm allow autostart=no',
    'with autostart=no there is no new disposable: this always refuses',
  ],
  ['a * work work allow', 'a qube cannot call itself: this always refuses'],
  ['a * work @anyvm allow target=work', 'a qube cannot call itself: this always refuses'],
  ['a * work work deny', undefined],
  ['admin.vm.Start * work work allow target=dom0', undefined],
  [
    'a * work vault ask target=vault default_target=dvm',
    'default_target= cannot be chosen: target= leaves no choice',
  ],
  ['a * work vault ask target=vault default_target=vault', undefined],
  [
    'admin.vm.Start * work vault allow',
    'the Admin API is answered by dom0: without target=dom0 this calls the qube itself',
  ],
  ['admin.vm.Start * work vault allow target=dom0', undefined],
  ['admin.vm.List * work @adminvm allow', undefined],
  ['admin.vm.Start * work vault deny', undefined],
  ['* * @anyvm @anyvm allow', 'this lets every qube call every service'],
  ['* * @anyvm @anyvm ask', undefined],
  // One rule before another.
  ['a * work vault allow\na * work vault deny', NEVER_DECIDES],
  ['a * work vault allow\na +x work vault deny', NEVER_DECIDES],
  ['a +x work vault allow\na * work vault deny', undefined],
  ['* * @anyvm vault deny\na * work vault deny', NEVER_DECIDES],
  ['a * work vault deny\n* * @anyvm vault deny', undefined],
  ['a * @anyvm @anyvm allow\na * work @default allow target=vault', NEVER_DECIDES],
  ['a * @anyvm @anyvm allow\na * work @dispvm:dvm deny', NEVER_DECIDES],
  ['a * @anyvm @anyvm allow\na * @tag:x @type:AppVM deny', undefined],
  ['a * @anyvm @anyvm allow\na * work @type:AppVM deny', NEVER_DECIDES],
  ['a * @anyvm @anyvm allow\na * work dom0 deny', undefined],
  ['a * @anyvm @anyvm allow\na * work * deny', undefined],
  ['a * * * allow\na * work dom0 deny', NEVER_DECIDES],
  ['a * work @adminvm allow\na * work dom0 deny', NEVER_DECIDES],
  ['a * work vault allow\nb * work vault deny', undefined],
  ['a * @tag:x vault allow\na * work vault deny', undefined],
];

for (const [lines, message] of SUSPICIOUS) {
  test(`${lines.replaceAll('\n', ', then ')}: ${message ?? 'nothing'}`, async (t) => {
    const last = lines.split('\n').length;
    const expected = message === undefined ? [] : [`etc/50-a.policy:${last} warning ${message}`];
    t.deepEqual(await found(t, { 'etc/50-a.policy': `${lines}\n` }), expected);
  });
}

test('names are compared with the qubes, where these are known', async (t) => {
  const files = {
    'etc/50-a.policy': 'a * work vault allow\na * gone @dispvm:fedora ask default_target=away\n',
  };
  t.deepEqual(await found(t, files, { facts: FACTS }), [
    'etc/50-a.policy:2 warning there is no qube gone',
    'etc/50-a.policy:2 warning fedora is no template for disposables',
    'etc/50-a.policy:2 warning there is no qube away',
  ]);
});

test('findings come in the order in which the policy is read, errors and warnings alike', async (t) => {
  t.deepEqual(
    await found(t, {
      'etc/mine.policy': 'a * work vault allow\n',
      'etc/20-b.policy': '!compat-4.0\n!include-service x * include/x\nwrong\n',
      'etc/include/x': '$anyvm vault allow\n',
      'etc/10-a.policy.rpmnew': '',
      'old/y': '',
    }),
    [
      'etc/10-a.policy.rpmnew:0 warning this is not read: it is no *.policy',
      'etc/20-b.policy:1 warning !compat-4.0 is meant for a time of transition',
      'etc/20-b.policy:3 error wrong number of fields: there must be at least service, argument, source, target, action',
      'etc/include/x:1 warning this is the syntax of Qubes 4.0',
      'etc/mine.policy:0 warning files are read in the order of their names, which should begin with two digits',
    ],
  );
});

test('the defaults of the system may be overruled', async (t) => {
  const line = 'a * work vault deny\n';
  t.deepEqual(
    await found(t, { 'etc/30-a.policy': line, 'etc/85-b.policy': line, 'etc/90-c.policy': line }),
    ['etc/85-b.policy:1 warning this never decides: line 1 of 30-a.policy comes first'],
  );
});

test('single files are looked at each for itself', async (t) => {
  const files = {
    'etc/50-a.policy': 'wrong\n',
    'etc/mine': 'a * work vault allow\n!include include/x\n',
    'etc/include/x': 'a * work vault deny\nwrong\n',
  };
  t.deepEqual(await found(t, files, { files: ['etc/mine', 'etc/nosuch'] }), [
    'etc/include/x:1 warning this never decides: line 1 of mine comes first',
    'etc/include/x:2 error wrong number of fields: there must be at least service, argument, source, target, action',
    'etc/nosuch:0 error /etc/nosuch is no file',
  ]);
});
