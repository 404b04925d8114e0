import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { bashCompletions } from '../../docs/bash-completion.ts';
import { restoreProgram } from '../../lib/cli/restore-command.ts';
import { rpcProgram } from '../../lib/cli/rpc/rpc-command.ts';
import { builtFolder } from '../support/service-process.ts';

/** What is offered when Tab is pressed behind the last word; `paths` when also files are. */
async function offered(...words: string[]): Promise<{ words: string[]; paths: boolean }> {
  const [program = ''] = words;
  const script = `
    defaults=yes
    compopt() { defaults=no; } # only bash's own completion may call the real one
    eval "$COMPLETION"
    function=$(complete -p "$1"); function=\${function##*-F }; function=\${function%% *}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    "$function"
    printf '%s\\n' "$defaults" "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['-euc', script, 'bash', ...words], {
    env: { COMPLETION: bashCompletions().get(program) ?? '' },
  });
  const [paths, ...replies] = stdout.split('\n');
  return { words: replies.filter(Boolean), paths: paths === 'yes' };
}

test('the commands of a program', async (t) => {
  const commands = rpcProgram(() => undefined).commands.map((command) => command.name());
  t.deepEqual(await offered('qubes-rpc', ''), { words: commands, paths: false });
  t.deepEqual((await offered('qubes-rpc', 'un')).words, ['unpause']);
  t.deepEqual((await offered('qubes-restore', 'ver')).words, ['verify']);
  t.deepEqual((await offered('qubes-restore', '--json', 'ver')).words, ['verify']);
});

test('every option that its help names, of each command', async (t) => {
  for (const program of [rpcProgram, restoreProgram].map((describe) => describe(() => undefined))) {
    for (const command of program.commands) {
      const { words } = await offered(program.name(), command.name(), '-');
      const options = command
        .createHelp()
        .visibleOptions(command)
        .flatMap(({ long, short }) => [long, short].filter(Boolean));
      t.deepEqual(words.toSorted(), options.toSorted(), command.name());
    }
  }
});

test('the options of a program without commands', async (t) => {
  t.deepEqual((await offered('qubes-rpcd', '--l')).words, ['--listen', '--log-level']);
  t.deepEqual(await offered('qubes-rpcd', ''), { words: [], paths: false });
  t.true((await offered('qubes-rpcd', '--root', '')).paths);
});

for (const [command, actions] of [
  ['tags', ['list', 'add', 'del']],
  ['host', ['status', 'stop']],
  ['policy', ['check', 'explain', 'lint']],
  ['firewall', ['list', 'add', 'remove', 'set', 'reset', 'reload']],
  ['prefs', []],
] as const) {
  test(`the actions of ${command}`, async (t) => {
    const { words } = await offered('qubes-rpc', command, '');
    for (const action of actions) t.true(words.includes(action), action);
    t.is(words.length > 0, actions.length > 0);
  });
}

test('paths where a file or folder is meant, and only there', async (t) => {
  t.true((await offered('qubes-restore', 'verify', '')).paths);
  t.true((await offered('qubes-restore', 'run', '--passphrase-file', '')).paths);
  t.true((await offered('qubes-restore', 'run', '-p', '')).paths);
  t.true((await offered('qubes-rpc', 'volume', 'import', 'work:private', '')).paths);
  t.false((await offered('qubes-restore', 'verify', '--jobs', '')).paths);
  t.false((await offered('qubes-rpc', 'start', '')).paths);
  t.deepEqual(await offered('qubes-rpc', 'ls', '--class', ''), { words: [], paths: false });
});

test('the choices of an option', async (t) => {
  t.deepEqual((await offered('qubes-restore', 'run', '--netvm', '')).words, ['default', 'none']);
});

test('what is not offered: commands behind a command, hidden options', async (t) => {
  t.deepEqual((await offered('qubes-restore', 'verify', 'ver')).words, []);
  t.deepEqual((await offered('qubes-restore', 'run', '--sandb')).words, []);
});

test('the build has one file for each program that people type', async (t) => {
  const built = await builtFolder();
  const folder = join(built, 'completions');
  t.deepEqual(await readdir(folder), await readdir(join(built, 'bin')));
  for (const [program, text] of bashCompletions()) {
    t.is(await readFile(join(folder, program), 'utf8'), text);
  }
});
