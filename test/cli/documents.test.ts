import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import {
  HOST_STATUSES,
  PRELOAD_STATUSES,
  RESTORE_STATUSES,
  RPC_STATUSES,
} from '../../lib/base/exit-code.ts';
import { findProgram } from '../../lib/base/program.ts';
import { reportEvent } from '../../lib/base/report.ts';
import { rpcLine } from '../../lib/base/rpc-report.ts';
import { VERSION } from '../../lib/base/version.ts';
import { hostProgram } from '../../lib/cli/host/host-command.ts';
import { preloadProgram } from '../../lib/cli/preload/preload-command.ts';
import { restoreProgram } from '../../lib/cli/restore-command.ts';
import { rpcProgram } from '../../lib/cli/rpc/rpc-command.ts';
import { runProgram } from '../support/run-program.ts';

// Without mandoc the page cannot be checked; the skip is counted.
const withMandoc = (await findProgram('mandoc')) === undefined ? test.skip : test;

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const PROGRAMS = [
  { page: 'docs/man/qubes-restore.1', program: restoreProgram, statuses: RESTORE_STATUSES },
  { page: 'docs/man/qubes-rpc.1', program: rpcProgram, statuses: RPC_STATUSES },
  { page: 'docs/man/qubes-rpcd.8', program: hostProgram, statuses: HOST_STATUSES },
  { page: 'docs/man/preload-dispvm.8', program: preloadProgram, statuses: PRELOAD_STATUSES },
] as const;

for (const { page, program: describe, statuses } of PROGRAMS) {
  const man = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');

  test(`${page} names every option and command of --help, and no other`, (t) => {
    const program = describe(() => undefined);
    const options = [program, ...program.commands].flatMap((command) =>
      command
        .createHelp()
        .visibleOptions(command)
        .map(({ long }) => long ?? ''),
    );
    const described = [...man.matchAll(/^\.It Fl .*?-([a-z0-9-]{2,})/gm)].map(
      ([, it]) => `--${it}`,
    );
    t.deepEqual(described.sort(), [...new Set(options)].sort());
    const commands = [...man.matchAll(/^\.It Cm ([a-z]+)$/gm)].map(([, command]) => command);
    t.deepEqual(
      commands,
      program.commands.map((command) => command.name()),
    );
  });

  test(`${page} has the exit statuses as the program has them`, (t) => {
    const section = /^\.Sh EXIT STATUS\n([^]*?)^\.El$/m.exec(man)?.[1] ?? '';
    const rows = [...section.matchAll(/^\.It (\d+)\n([^]*?)(?=^\.It|$(?![^]))/gm)];
    t.deepEqual(
      rows.map(([, status, meaning]) => [Number(status), meaning?.replaceAll('\n', ' ').trim()]),
      statuses.map(({ status, meaning }) => [status, meaning]),
    );
  });

  wellFormed(page);
}

wellFormed('docs/man/qubes-rpc-services.7');

test('the page of services tells once of every one that is declared', async (t) => {
  const page = await read('docs/man/qubes-rpc-services.7');
  const told = [...page.matchAll(/^\.It Sy (\S+)(?: Op)?(?: Ar ARG)?\n[^]*?\.(?: \[.*\])?$/gm)];
  const names = told.map(([, name]) => name ?? '').filter((name) => /^[a-z]+\./.test(name));
  const reference = (await read('docs/services.md')).matchAll(/^\| `(\S+)` \|/gm);
  const declared = [...reference].map(([, name]) => name ?? '');
  t.true(declared.length > 100);
  t.deepEqual([...new Set(names)].sort(), declared.sort());
});

function wellFormed(page: string): void {
  withMandoc(`${page} is well formed (needs mandoc)`, async (t) => {
    const { exitCode, text } = await runProgram('mandoc', ['-T', 'lint', '-W', 'warning', page]);
    t.is(exitCode, 0, text);
  });
}

test('every example of docs/json.md is a line the program could write', async (t) => {
  const [restore, rpc] = (await read('docs/json.md')).split(/^# The lines of `qubes-rpc/m);
  t.deepEqual(
    examples(restore).map((line) => reportEvent.parse(line).type),
    ['info', 'plan', 'restore-plan', 'progress', 'warning', 'error', 'summary'],
  );
  t.deepEqual(
    examples(rpc).map((line) => rpcLine.parse(line).type),
    rpcLine.options.map(({ shape }) => shape.type.value),
  );
});

function examples(markdown = ''): unknown[] {
  const blocks = [...markdown.matchAll(/^```json\n([^]*?)^```$/gm)];
  return blocks.map(([, json]): unknown => JSON.parse(json ?? ''));
}

test('--version tells the version of the package', async (t) => {
  const { version } = JSON.parse(await read('package.json')) as { version: string };
  t.is(VERSION, version);
});
