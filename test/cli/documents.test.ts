import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { RESTORE_STATUSES } from '../../lib/base/exit-code.ts';
import { findProgram } from '../../lib/base/program.ts';
import { reportEvent } from '../../lib/base/report.ts';
import { VERSION } from '../../lib/base/version.ts';
import { restoreProgram } from '../../lib/cli/restore-command.ts';
import { runProgram } from '../support/run-program.ts';

// Without mandoc the page cannot be checked; the skip is counted.
const withMandoc = (await findProgram('mandoc')) === undefined ? test.skip : test;

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const MAN = readFileSync(new URL('../../docs/man/qubes-restore.1', import.meta.url), 'utf8');

test('the manual page names every option and command of --help, and no other', (t) => {
  const program = restoreProgram(() => undefined);
  const options = [program, ...program.commands].flatMap((command) =>
    command
      .createHelp()
      .visibleOptions(command)
      .map(({ long }) => long ?? ''),
  );
  const described = [...MAN.matchAll(/^\.It Fl .*?-([a-z-]{2,})/gm)].map(([, name]) => `--${name}`);
  t.deepEqual(described.sort(), [...new Set(options)].sort());
  const commands = [...MAN.matchAll(/^\.It Cm ([a-z]+)$/gm)].map(([, name]) => name);
  t.deepEqual(
    commands,
    program.commands.map((command) => command.name()),
  );
});

test('the manual page has the exit statuses as the program has them', (t) => {
  const section = /^\.Sh EXIT STATUS\n([^]*?)^\.El$/m.exec(MAN)?.[1] ?? '';
  const rows = [...section.matchAll(/^\.It (\d+)\n([^]*?)(?=^\.It|$(?![^]))/gm)];
  t.deepEqual(
    rows.map(([, status, meaning]) => [Number(status), meaning?.replaceAll('\n', ' ').trim()]),
    RESTORE_STATUSES.map(({ status, meaning }) => [status, meaning]),
  );
});

withMandoc('the manual page is well formed (needs mandoc)', async (t) => {
  const page = ['-T', 'lint', '-W', 'warning', 'docs/man/qubes-restore.1'];
  const { exitCode, text } = await runProgram('mandoc', page);
  t.is(exitCode, 0, text);
});

test('every example of docs/json.md is a line the program could write', async (t) => {
  const examples = [...(await read('docs/json.md')).matchAll(/^```json\n([^]*?)^```$/gm)];
  const events = examples.map(([, json]) => reportEvent.parse(JSON.parse(json ?? '')));
  t.deepEqual(
    events.map(({ type }) => type),
    ['info', 'plan', 'progress', 'warning', 'error', 'summary'],
  );
});

test('--version tells the version of the package', async (t) => {
  const { version } = JSON.parse(await read('package.json')) as { version: string };
  t.is(VERSION, version);
});
