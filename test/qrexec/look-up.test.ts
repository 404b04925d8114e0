import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { CallError, type CallStatus } from '../../lib/qrexec/call-error.ts';
import { parseTcpLink } from '../../lib/qrexec/tcp-link.ts';
import { addService, answerOf, qrexecSystem } from '../support/qrexec-system.ts';

test('folders: the one of this run, of the home, of the system; the argument goes first', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.A': 'echo system', 'test.A+x': 'echo x' });
  const said = async (argument = ''): Promise<string> => answerOf(await call('test.A', argument));
  t.is(await said(), 'system\n');
  await addService(join(root, 'home', 'backup', '.qubes-rpc'), 'test.A', 'echo home');
  t.is(await said(), 'home\n');
  await addService(join(root, 'run', 'backup', 'qubes-rpc'), 'test.A', 'echo run');
  t.is(await said(), 'run\n');
  t.is(await said('x'), 'x\n', 'a service for the argument anywhere, before one for all');
});

test('an argument too long for the name of a file still finds the service for all', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.A': 'echo "${#1}"' });
  t.is(await answerOf(await call('test.A', 'a'.repeat(60_000))), '60000\n');
});

test('an argument may begin with a dash', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.A': 'echo "$1"' });
  t.is(await answerOf(await call('test.A', '--x')), '--x\n');
});

test('a link is what it leads to; one that leads nowhere is not there', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.A': 'echo a' });
  const link = join(root, 'qubes-rpc', 'test.Link');
  await symlink('test.A', link);
  t.is(await answerOf(await call('test.Link')), 'a\n');
  await rm(link);
  await symlink('test.Nothing', link);
  const { status } = await t.throwsAsync(call('test.Link'), { instanceOf: CallError });
  t.is(status, 127);
});

for (const [what, make, status] of [
  ['a folder', (path) => mkdir(path), 125],
  ['a file that is not executable', (path) => writeFile(path, '#!/bin/sh\n'), 125],
  ['a file without #!', (path) => writeFile(path, 'echo a\n', { mode: 0o755 }), 125],
  ['an empty file', (path) => writeFile(path, '', { mode: 0o755 }), 125],
  ['a link to itself', (path) => symlink(path, path), 125],
  [
    'a script whose interpreter is not there',
    (path) => writeFile(path, '#!/nonexistent/interpreter\n', { mode: 0o755 }),
    127,
  ],
  ['nothing', async () => undefined, 127],
] satisfies [string, (path: string) => Promise<void>, CallStatus][]) {
  test(`${what} in place of a service gives ${status}`, async (t) => {
    const { root, call } = await qrexecSystem(t, {});
    await make(join(root, 'qubes-rpc', 'test.A'));
    const error = await t.throwsAsync(call('test.A'), { instanceOf: CallError });
    t.is(error.status, status satisfies CallStatus);
  });
}

test('a folder of services that cannot be looked into is a problem, not an absence', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.A': 'echo a' });
  await writeFile(join(root, 'home', 'backup', '.qubes-rpc'), 'a file in its place');
  const { status } = await t.throwsAsync(call('test.A'), { instanceOf: CallError });
  t.is(status, 125);
});

const LINKS: readonly [link: string, argument: string, place: string | undefined][] = [
  ['/dev/tcp/127.0.0.1/80', '', '127.0.0.1 80'],
  ['/dev/tcp/127.0.0.1', '80', '127.0.0.1 80'],
  ['/dev/tcp', '127.0.0.1+80', '127.0.0.1 80'],
  ['/dev/tcp/', '++1+80', '::1 80'],
  ['/dev/tcp/::1/65535', '', '::1 65535'],
  ['/dev/tcp/127.0.0.1/80', '80', undefined],
  ['/dev/tcp/127.0.0.1', '', undefined],
  ['/dev/tcp/127.0.0.1/65536', '', undefined],
  ['/dev/tcp/127.0.0.1/080', '', undefined],
  ['/dev/tcp/127.0.0.1/80/81', '', undefined],
  ['/dev/tcp/localhost/80', '', undefined],
  ['/dev/tcp', '80', undefined],
  ['/dev/tcp', '', undefined],
];

for (const [link, argument, place] of LINKS) {
  test(`${link} with "${argument}" is ${place ?? 'refused'}`, (t) => {
    const read = (): string => {
      const { host, port } = parseTcpLink(link, { service: 'test.Tcp', argument });
      return `${host} ${port}`;
    };
    if (place === undefined) t.is(t.throws(read, { instanceOf: CallError }).status, 125);
    else t.is(read(), place);
  });
}

test('a program of the machine can be a service', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await symlink('/bin/echo', join(root, 'qubes-rpc', 'test.A'));
  t.is(await answerOf(await call('test.A', 'said')), 'said\n');
});
