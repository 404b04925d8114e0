import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { findProgram } from '../../../lib/base/program.ts';
import { contentOf as allOf, installInto, makeFiles, rpcIn } from '../../support/installed-root.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { runProgram } from '../../support/run-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Where systemd is not installed its units cannot be switched; the skips are counted. */
const withSystemctl = (await findProgram('systemctl')) !== undefined ? test : test.skip;

const KILLER = join(import.meta.dirname, '..', '..', 'support', 'kill-at-step.mjs');

/** Steps from one kill to the next: all of them take a minute and a half. */
const STRIDE = 7;

type Words = readonly string[];

/** A machine with few services, so that the switch has few steps. */
async function newRoot(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await installInto(root);
  const services = join(root, 'usr/libexec/qubes-rpc/services');
  const kept = ['admin.vm.List', 'qubes.NotifyTools', 'qubes.Restore'];
  for (const name of await readdir(services)) {
    if (!kept.includes(name)) await rm(join(services, name));
  }
  const unit = '[Service]\nExecStart=/usr/bin/qubesd\n[Install]\nWantedBy=multi-user.target\n';
  await makeFiles(root, {
    'usr/lib/systemd/system/qubesd.service': unit,
    'var/lib/qubes/qubes.xml': sessionStore('start'),
  });
  await runProgram('systemctl', [`--root=${root}`, 'enable', 'qubesd.service']);
  return root;
}

/** What is in a root, but for the copy of the store, which the next check of it removes. */
async function contentOf(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries(await allOf(root));
  return Object.fromEntries(entries.filter(([path]) => !path.includes('/.qubes-rpc-check/')));
}

async function run(t: ExecutionContext, root: string, words: Words): Promise<void> {
  const { exitCode, stderr } = await rpcIn(root, words);
  t.is(exitCode, 0, stderr);
}

/** Runs a command that is killed before one of its steps; false when it has fewer. */
async function killed(root: string, words: Words, step: number): Promise<boolean> {
  const env = { NODE_OPTIONS: `--import=${KILLER}`, KILL_AT_STEP: String(step) };
  return (await rpcIn(root, words, env)).signal === 'SIGKILL';
}

for (const [what, enable, disable] of [
  ['the host', ['host', 'enable', '--replace-qubesd'], ['host', 'disable']],
  ['services', ['services', 'enable', '--all'], ['services', 'disable', '--all']],
] as const) {
  withSystemctl(`${what}: what a killed switch has left, the next one mends`, async (t) => {
    const root = await newRoot(t);
    const disabled = await contentOf(root);
    await run(t, root, enable);
    const enabled = await contentOf(root);

    let kills = 0;
    for (const [first, before] of [
      [enable, disable],
      [disable, enable],
    ] as const) {
      for (let step = 1; ; step += STRIDE) {
        await run(t, root, before);
        if (!(await killed(root, first, step))) break;
        kills += 1;
        const isEven = kills % 2 === 0;
        await run(t, root, isEven ? enable : disable);
        const left = await contentOf(root);
        t.deepEqual(left, isEven ? enabled : disabled, `${first.join(' ')}, step ${step}`);
      }
    }
    t.true(kills > 2);
  });
}
