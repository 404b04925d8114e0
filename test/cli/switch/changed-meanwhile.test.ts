import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { contentOf, installInto, makeFiles, rpcIn } from '../../support/installed-root.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { playedSystemctl } from './played-systemctl.ts';

const STORE = 'var/lib/qubes/qubes.xml';
const SYSTEM_DROP_IN = 'etc/systemd/system/qubes-rpcd.service.d/50-system.conf';
const SOCKET_DROP_INS = 'etc/systemd/system/qubes-rpcd.socket.d';
const REPLACE = ['host', 'enable', '--replace-qubesd'];
const WRITTEN = /^ReadWritePaths="-\/srv\/pool"$/m;

const store = sessionStore('start');
/** The same system with one more pool, somewhere else. */
const morePools = store.replace(
  '</pools>',
  '<pool name="more" dir_path="/srv/pool" driver="file-reflink"/></pools>',
);
const damaged = store.slice(0, store.length / 2);

async function newRoot(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await installInto(root);
  await makeFiles(root, { [STORE]: store, 'etc/systemd/system/other.service': '' });
  await mkdir(join(root, 'etc/tmpfiles.d'));
  return root;
}

/** All but the programs, which nothing changes. */
async function stateOf(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries(await contentOf(root));
  return Object.fromEntries(entries.filter(([path]) => !path.startsWith('usr/')));
}

const dropInOf = (root: string): Promise<string> => readFile(join(root, SYSTEM_DROP_IN), 'utf8');

/** A line that has qubesd write a store while it is stopped. */
async function writesAtEnd(root: string, text: string): Promise<string> {
  await writeFile(join(root, 'at-end.xml'), text);
  return `[ "$verb" = mask ] && cp "$root/at-end.xml" "$root/${STORE}"`;
}

test('a store that qubesd damages while it is stopped is left to it, and all is as before', async (t) => {
  const root = await newRoot(t);
  const systemctl = await playedSystemctl(t, [await writesAtEnd(root, damaged)]);
  const before = await stateOf(root);
  const refused = await rpcIn(root, REPLACE, systemctl.env);
  t.is(refused.exitCode, 5, refused.stderr);
  t.regex(refused.stderr, /^error: Cannot read qubes\.xml: /);
  t.deepEqual(await stateOf(root), { ...before, [STORE]: damaged });
  t.deepEqual(await systemctl.told(), ['mask qubesd.service', 'unmask qubesd.service']);

  await writeFile(join(root, STORE), store);
  t.deepEqual(await stateOf(root), before);
});

test('qubes that qubesd starts while it is stopped are not taken from it', async (t) => {
  const root = await newRoot(t);
  const starts = `[ "$verb" = mask ] && mkdir -p "$root/run/qubes" && : >"$root/run/qubes/qubesdb.work.sock"`;
  const systemctl = await playedSystemctl(t, [starts]);
  const before = await stateOf(root);
  const refused = await rpcIn(root, REPLACE, systemctl.env);
  t.is(refused.exitCode, 6, refused.stderr);
  t.regex(refused.stderr, /^error: Cannot enable the host while qubes of Xen run: work\n/);
  t.deepEqual(await stateOf(root), { ...before, 'run/qubes/qubesdb.work.sock': '' });
});

test('a pool that qubesd adds while it is stopped can be written by the host', async (t) => {
  const root = await newRoot(t);
  const systemctl = await playedSystemctl(t, [await writesAtEnd(root, morePools)]);
  const enabled = await rpcIn(root, REPLACE, systemctl.env);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.regex(await dropInOf(root), WRITTEN);
});

test('enabled again, what has changed is told to systemd, and all of it goes', async (t) => {
  const root = await newRoot(t);
  const { env } = await playedSystemctl(t);
  const before = await stateOf(root);
  t.is((await rpcIn(root, ['host', 'enable'], env)).exitCode, 0);
  t.notRegex(await dropInOf(root), WRITTEN);

  await writeFile(join(root, STORE), morePools);
  const again = await rpcIn(root, REPLACE, env);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(await dropInOf(root), WRITTEN);
  const inPlace = join(root, SOCKET_DROP_INS, '50-in-place-of-qubesd.conf');
  t.regex(await readFile(inPlace, 'utf8'), /^Symlinks="\/run\/qubesd\.sock"$/m);

  t.is((await rpcIn(root, ['host', 'disable'], env)).exitCode, 0);
  t.deepEqual(await stateOf(root), { ...before, [STORE]: morePools });
});

test('enabled again in vain, systemd is told what it was', async (t) => {
  const root = await newRoot(t);
  t.is((await rpcIn(root, ['host', 'enable'], (await playedSystemctl(t)).env)).exitCode, 0);
  await writeFile(join(root, STORE), morePools);
  const before = await stateOf(root);
  const systemctl = await playedSystemctl(t, ['[ "$verb" = enable ] && exit 1']);
  const refused = await rpcIn(root, REPLACE, systemctl.env);
  t.is(refused.exitCode, 6, refused.stderr);
  t.deepEqual(await stateOf(root), before);
});
