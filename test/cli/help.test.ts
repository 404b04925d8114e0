import test from 'ava';
import type { Command } from 'commander';

import { hostProgram } from '../../lib/cli/host/host-command.ts';
import { preloadProgram } from '../../lib/cli/preload/preload-command.ts';
import { restoreProgram } from '../../lib/cli/restore-command.ts';
import { rpcProgram } from '../../lib/cli/rpc/rpc-command.ts';

/** A screen that is as small as they come. */
const ROWS = 24;
const COLUMNS = 80;

test('options that are only named are still all named', (t) => {
  const run = restoreProgram(() => undefined).commands.find((one) => one.name() === 'run');
  const help = run?.helpInformation() ?? '';
  for (const { long, hidden } of run?.options ?? []) t.is(help.includes(long ?? ''), !hidden, long);
});

for (const describe of [restoreProgram, rpcProgram, hostProgram, preloadProgram]) {
  const program = describe(() => undefined);
  for (const command of [program, ...program.commands]) {
    const name = command === program ? program.name() : `${program.name()} ${command.name()}`;

    test(`the help of ${name} fits a screen`, (t) => {
      const lines = helpOf(command);
      // The shell's next prompt takes the last row.
      t.true(lines.length < ROWS, `${lines.length} lines\n${lines.join('\n')}`);
      t.deepEqual(
        lines.filter((line) => line.length > COLUMNS),
        [],
      );
    });
  }
}

function helpOf(command: Command): string[] {
  return command.helpInformation().trimEnd().split('\n');
}
