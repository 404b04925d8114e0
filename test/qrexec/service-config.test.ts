import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { CallError } from '../../lib/qrexec/call-error.ts';
import { parseConfigLines } from '../../lib/qrexec/config-lines.ts';
import { readServiceConfig } from '../../lib/qrexec/service-config.ts';
import { answerOf, qrexecSystem } from '../support/qrexec-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const GOOD: readonly [text: string, values: Record<string, boolean | string>][] = [
  ['', {}],
  ['\n# a comment\n\n', {}],
  ['wait-for-session=true\n', { 'wait-for-session': true }],
  ['wait-for-session = 1 # yes\r\n', { 'wait-for-session': true }],
  ['wait-for-session=0', { 'wait-for-session': false }],
  ["force-user='root'\n", { 'force-user': 'root' }],
  ["force-user=''\n", { 'force-user': '' }],
  ['skip-service-descriptor=true  \n', { 'skip-service-descriptor': true }],
  [
    'exit-on-client-eof=false\nexit-on-service-eof=true\n',
    {
      'exit-on-client-eof': false,
      'exit-on-service-eof': true,
    },
  ],
  ['another.key_1=17\nanother.key_1=18\n', {}],
  ['constructor=true\n', {}],
];

for (const [text, values] of GOOD) {
  test(`understood: ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(Object.fromEntries(parseConfigLines('file', text)), values);
  });
}

const BAD: readonly [text: string, line: number][] = [
  ['wait-for-session', 1],
  [' wait-for-session=true\n', 1],
  ['[section]\n', 1],
  ['\n-a=true\n', 2],
  ['wait-for-session=2\n', 1],
  ['wait-for-session=yes\n', 1],
  ['wait-for-session=truely\n', 1],
  ['wait-for-session="true"\n', 1],
  ["wait-for-session='true'\n", 1],
  ['exit-on-client-eof=1\n', 1],
  ['force-user=root\n', 1],
  ['force-user=true\n', 1],
  ["force-user='''root'''\n", 1],
  ["force-user='root\n", 1],
  ["force-user='a' 'b'\n", 1],
  ['wait-for-session=01\n', 1],
  ['wait-for-session=18446744073709551616\n', 1],
  ['wait-for-session=true\nwait-for-session=true\n', 2],
  ['wait-for-session=\n', 1],
  ['a=true\0\n', 1],
  ['wait-for-session=true\r', 1],
];

for (const [text, line] of BAD) {
  test(`not understood: ${JSON.stringify(text)}`, (t) => {
    const error = t.throws(() => parseConfigLines('file', text), { instanceOf: CallError });
    t.is(error.status, 125);
    t.true(error.message.startsWith(`file, line ${line}: `), error.message);
  });
}

test('a configuration for the argument goes before one for all', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'test.A'), 'exit-on-client-eof=true\n');
  await writeFile(join(folder, 'test.A+x'), 'exit-on-service-eof=true\n');
  const read = (argument: string) => readServiceConfig([folder], { service: 'test.A', argument });
  t.like(await read('y'), { exitOnClientEof: true, exitOnServiceEof: false });
  t.like(await read('x'), { exitOnClientEof: false, exitOnServiceEof: true });
});

test('a user does not go together with what is for sockets', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'test.A'), "force-user='root'\nskip-service-descriptor=true\n");
  const error = await t.throwsAsync(
    readServiceConfig([folder], { service: 'test.A', argument: '' }),
    { instanceOf: CallError },
  );
  t.is(error.status, 125);
});

test('a service whose configuration is wrong is not started; what is not for it changes nothing', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.A': 'echo a' });
  const folder = join(root, 'rpc-config');
  await mkdir(folder);
  await writeFile(join(folder, 'test.A'), "wait-for-session=true\nforce-user='somebody'\n");
  t.is(await answerOf(await call('test.A')), 'a\n');
  await writeFile(join(folder, 'test.A'), 'wait-for-session=maybe\n');
  const { status } = await t.throwsAsync(call('test.A'), { instanceOf: CallError });
  t.is(status, 125);
});
