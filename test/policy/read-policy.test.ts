import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import { loadPolicy } from '../../lib/policy/load-policy.ts';
import { PolicyError, problemText } from '../../lib/policy/policy-error.ts';
import { judge, loadFrom, policyFiles, shortly } from '../support/policy.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;
type Test = Parameters<typeof policyFiles>[0];

/** The lines that count, in their order, as `FILE:LINE`. */
async function places(t: Test, files: Files): Promise<readonly string[]> {
  const root = await policyFiles(t, files);
  return loadFrom(root).rules.map(
    ({ place }) => `${place.file.slice(root.length + 1)}:${place.line}`,
  );
}

/** What is wrong, as `FILE:LINE: message`. */
async function problems(t: Test, files: Files): Promise<readonly string[]> {
  const root = await policyFiles(t, files);
  return problemsOf(root);
}

function problemsOf(root: string): readonly string[] {
  try {
    loadFrom(root);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems.map((one) => problemText(one).replaceAll(`${root}/`, ''));
  }
}

const LINE = 'a * work vault allow\n';

test('files are read in the order of their names, and one in /run takes the place of its namesake', async (t) => {
  t.deepEqual(
    await places(t, {
      'etc/9.policy': LINE,
      'etc/10-a.policy': LINE,
      'etc/50-b.policy': LINE,
      'etc/50_b.policy': LINE,
      'run/50-b.policy': `# in place of the other\n${LINE}`,
      'run/20-c.policy': LINE,
    }),
    [
      'etc/10-a.policy:1',
      'run/20-c.policy:1',
      'run/50-b.policy:2',
      'etc/50_b.policy:1',
      'etc/9.policy:1',
    ],
  );
});

test('what is no policy file is not read', async (t) => {
  const bad = 'this is no rule\n';
  const root = await policyFiles(t, {
    'etc/10-a.policy': LINE,
    'etc/.hidden.policy': bad,
    'etc/README': bad,
    'etc/20-b.policy.rpmnew': bad,
    'etc/Backup.POLICY': bad,
    'etc/folder.policy/x': bad,
  });
  await symlink('nowhere', join(root, 'etc', '30-c.policy'));
  t.is(loadFrom(root).rules.length, 1);
});

test('a name that no policy file may have makes the policy unusable', async (t) => {
  t.deepEqual(await problems(t, { 'etc/10-a.policy': LINE, 'etc/My.policy': '' }), [
    'etc/My.policy: the name of a policy file can hold only 0-9, a-z, _, . and -',
  ]);
  t.is((await problems(t, { 'etc/a b.policy': '', 'run/ü.policy': '' })).length, 2);
});

test('folders that do not exist hold no rules', (t) => {
  t.deepEqual(loadPolicy(['/nonexistent/policy.d']).rules, []);
});

test('every wrong line is told, with its file', async (t) => {
  const found = await problems(t, {
    'etc/10-a.policy': `# comment\n\n${LINE}a * work vault\na * work vault allow # why\n`,
    'etc/20-b.policy': 'a * work vault permit\r\nA/B * work vault allow\rb x work vault deny\n',
  });
  t.deepEqual(found, [
    'etc/10-a.policy:4: wrong number of fields: there must be at least service, argument, source, target, action',
    'etc/10-a.policy:5: "#" is not of the form PARAMETER=VALUE',
    'etc/20-b.policy:1: "permit" is no action: it must be allow, deny or ask',
    'etc/20-b.policy:2: the service "A/B" contains invalid characters',
    'etc/20-b.policy:3: the argument "x" does not begin with +',
  ]);
});

/** What cannot stand in a line, and part of what is said about it. */
const WRONG: readonly (readonly [line: string, message: string])[] = [
  ['a * work', 'wrong number of fields'],
  ['a+x * work vault allow', 'invalid characters'],
  ['* +x work vault allow', 'only the argument * goes with the service *'],
  ['a +x/y work vault allow', 'invalid characters'],
  ['a * @default vault allow', '"@default" cannot be a source'],
  ['a * @dispvm vault allow', 'cannot be a source'],
  ['a * @tag: vault allow', 'cannot be a source'],
  ['a * @nobody vault allow', 'cannot be a source'],
  ['a * work @dispvm: allow', 'cannot be a target'],
  ['a * work @dispvm:@dispvm allow', 'cannot be a target'],
  ['a * work @dispvm:@tag: allow', 'cannot be a target'],
  ['a * work @tag:@x allow', 'cannot be a target'],
  ['a * work @default allow', 'must say target='],
  ['a * work vault allow target=*', 'cannot be a target of a call'],
  ['a * work vault allow target=@anyvm', 'cannot be a target of a call'],
  ['a * work vault allow target=@default', 'cannot be a target of a call'],
  ['a * work vault allow target=@tag:x', 'cannot be a target of a call'],
  ['a * work vault allow target=@dispvm:@tag:x', 'cannot be a target of a call'],
  ['a * work vault allow target=', 'cannot be a target of a call'],
  ['a * work vault ask default_target=@type:x', 'cannot be a target of a call'],
  ['a * work vault allow default_target=dvm', 'allow has no parameter "default_target"'],
  ['a * work vault deny target=dvm', 'deny has no parameter "target"'],
  ['a * work vault deny user=root', 'deny has no parameter'],
  ['a * work vault deny autostart=no', 'deny has no parameter'],
  ['a * work vault allow constructor=1', 'has no parameter'],
  ['a * work vault allow notify=maybe', 'notify is "maybe": it must be yes or no'],
  ['a * work vault allow autostart=', 'it must be yes or no'],
  ['a * work vault allow user=a user=b', 'given twice'],
  ['a * work vault allow user', 'is not of the form'],
  ['\ufeffa * work vault allow', 'invalid characters'],
  ['!', 'there is no directive'],
  ['!includes x', 'there is no directive'],
  ['!include', '!include takes a path'],
  ['!include a b', '!include takes a path'],
  ['!include nosuch', 'nosuch is no file'],
  ['!include .', 'is no file'],
  ['!include-dir', '!include-dir takes a path'],
  ['!include-dir nosuch', 'nosuch is no folder'],
  ['!include-dir 10-a.policy', 'is no folder'],
  ['!include-service a *', 'takes a service, an argument and a path'],
  ['!include-service a * b c', 'takes a service, an argument and a path'],
  ['!include-service a x b', 'does not begin with +'],
  ['!include-service a/b * b', 'invalid characters'],
  ['!compat-4.0 x', '!compat-4.0 takes nothing'],
  ['!compat-4.0', 'there is no policy of Qubes 4.0'],
  ['!include 10-a.policy', '10-a.policy includes itself'],
];

for (const [line, message] of WRONG) {
  test(`wrong: ${JSON.stringify(line)}`, async (t) => {
    const found = await problems(t, { 'etc/10-a.policy': `${line}\n` });
    t.is(found.length, 1);
    t.true(found[0]?.startsWith('etc/10-a.policy:1: '), found[0]);
    t.true(found[0]?.includes(message), found[0]);
  });
}

/** What can stand in a line. */
const RIGHT = [
  'a * work vault deny notify=no',
  'a * work vault allow target=vault user=root notify=yes autostart=no',
  'a * work vault ask target=vault default_target=@dispvm user= notify=no autostart=yes',
  'a *\u00a0work\u2003vault\u001fallow',
  '\u0085 a * work vault allow \u000b',
  'a + @dispvm:dvm @dispvm:@tag:x allow',
  'a +-x_y.z+1 @dispvm:@tag:t @dispvm:uuid:x allow',
  'a * na\u00efve \u0000 allow',
  '# \ufeff na\u00efve, and nothing else',
];

for (const line of RIGHT) {
  test(`right: ${JSON.stringify(line)}`, async (t) => {
    t.deepEqual(await problems(t, { 'etc/10-a.policy': line }), []);
  });
}

test('files are included where it is said, from below the folder of the file in the folder', async (t) => {
  t.deepEqual(
    await places(t, {
      'etc/10-a.policy': `${LINE}!include include/more\n!include-dir sub\n${LINE}`,
      'etc/include/more': `${LINE}!include include/deeper\n`,
      'etc/include/deeper': LINE,
      'etc/sub/2.policy': LINE,
      'etc/sub/1.policy': LINE,
      'etc/sub/readme': 'no rule',
      'run/20-b.policy': '!include include/more\n',
      'run/include/more': LINE,
    }),
    [
      'etc/10-a.policy:1',
      'etc/include/more:1',
      'etc/include/deeper:1',
      'etc/sub/1.policy:1',
      'etc/sub/2.policy:1',
      'etc/10-a.policy:4',
      'run/include/more:1',
    ],
  );
});

test('a file for one service leaves out what its lines are about, and may be in the old syntax', async (t) => {
  const root = await policyFiles(t, {
    'etc/10-a.policy': '!include-service a +x include/some\n!include-service * * include/all\n',
    'etc/include/some':
      'work vault deny\n$type:AppVM vault allow,target=dvm,user=root\n$include:include/all\n',
    'etc/include/all': '# comment, $\nwork  $dispvm allow\n',
  });
  const policy = loadFrom(root);
  t.deepEqual(
    policy.rules.map(({ service, argument }) => [service, argument]),
    [
      ['a', 'x'],
      ['a', 'x'],
      ['a', 'x'],
      [undefined, undefined],
    ],
  );
  t.is(shortly(judge(policy, 'a+x personal vault')), 'allow dvm');
  t.is(shortly(judge(policy, 'b+y work @dispvm')), 'allow @dispvm:dvm');
  t.is(policy.rules[1]?.place.text, '$type:AppVM vault allow,target=dvm,user=root');
});

test('in a file for one service only !include is a directive', async (t) => {
  const found = await problems(t, {
    'etc/10-a.policy': '!include-service a * include/x\n',
    'etc/include/x':
      '!include-dir sub\n!include-service a * b\n!compat-4.0\nwork vault\nwork\n@tag: x allow\n',
  });
  t.deepEqual(
    found.map((one) => one.split(': ')[0]),
    [1, 2, 3, 4, 5, 6].map((line) => `etc/include/x:${line}`),
  );
});

test('the policy of Qubes 4.0 counts where it is included, what is about an argument first', async (t) => {
  const old = '$anyvm $anyvm allow\n';
  const files = {
    'etc/35-compat.policy': `z * work vault deny\n!compat-4.0\n${LINE}`,
    'old/b': old,
    'old/a': old,
    'old/a+x': 'work vault allow,target=dvm\n$include:shared/part\n',
    'old/a+': 'work vault deny\n',
    'old/shared/part': 'personal vault allow\n',
    'old/.a.swp': 'no rule',
    'old/c.rpmsave': 'no rule',
    'old/d e': 'no rule',
  };
  t.deepEqual(await places(t, files), [
    'etc/35-compat.policy:1',
    'old/a+:1',
    'old/a+:0',
    'old/a+:0',
    'old/a+x:1',
    'old/shared/part:1',
    'old/a+x:0',
    'old/a+x:0',
    'old/a:1',
    'old/b:1',
    'etc/35-compat.policy:3',
  ]);
  const policy = loadFrom(await policyFiles(t, files));
  t.is(shortly(judge(policy, 'a+x work vault')), 'allow dvm');
  t.is(shortly(judge(policy, 'a+x personal dvm')), 'deny');
  t.is(shortly(judge(policy, 'a+x personal @adminvm')), 'deny');
  t.is(shortly(judge(policy, 'a+y personal dvm')), 'allow dvm');
});

test('files that include each other end, whatever their names', async (t) => {
  const root = await policyFiles(t, {
    'etc/10-a.policy': '!include include/a\n',
    'etc/include/a': `${LINE}!include include/b\n!include include/link\n`,
    'etc/include/b': '!include include/a\n',
  });
  await symlink('a', join(root, 'etc', 'include', 'link'));
  t.deepEqual(problemsOf(root), [
    'etc/include/b:1: etc/include/a includes itself',
    'etc/include/a:3: etc/include/link includes itself',
  ]);
});

test('files that include others again and again are too many', async (t) => {
  const files: Record<string, string> = { 'etc/10-a.policy': '!include include/0\n' };
  for (let level = 0; level < 20; level++) {
    files[`etc/include/${level}`] = `!include include/${level + 1}\n`.repeat(2);
  }
  files['etc/include/20'] = LINE;
  const found = await problems(t, files);
  t.true(found[0]?.endsWith('more than 1000 files are included'), found[0]);
  t.true(found.length < 100);
});

test('files can be included 32 deep', async (t) => {
  const nested = (depth: number): Record<string, string> => ({
    'etc/10-a.policy': '!include include/1\n',
    ...Object.fromEntries(
      Array.from({ length: depth }, (_, at) => [
        `etc/include/${at + 1}`,
        `!include include/${at + 2}\n`,
      ]),
    ),
    [`etc/include/${depth + 1}`]: LINE,
  });
  t.is((await places(t, nested(30))).length, 1);
  t.regex((await problems(t, nested(31)))[0] ?? '', /include\/31:1: more than 32 files/);
});

test('a file that is no text, or far too long, is told', async (t) => {
  const noText = Buffer.concat([Buffer.from(`${LINE}# \n`), Buffer.from([0x61, 0xff, 0x0a])]);
  t.deepEqual(await problems(t, { 'etc/10-a.policy': noText }), [
    'etc/10-a.policy:3: there is a byte that is no UTF-8',
  ]);
  t.deepEqual(await problems(t, { 'etc/10-a.policy': '#'.repeat(1024 * 1024 + 1) }), [
    'etc/10-a.policy: the file is longer than 1048576 bytes',
  ]);
});

test('an error names the first problem, and how many there are more', async (t) => {
  const root = await policyFiles(t, { 'etc/10-a.policy': 'x\ny\nz\n' });
  const error = t.throws(() => loadFrom(root), { instanceOf: PolicyError });
  t.regex(error.message, /^\/.*\/10-a\.policy:1: wrong number of fields.* \(and 2 more\)$/);
  await writeFile(join(root, 'etc', '10-a.policy'), LINE);
  t.is(loadFrom(root).rules.length, 1);
});
