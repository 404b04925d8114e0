import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import test from 'ava';

import { runProgram } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { sandbox } from '../support/sandbox.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Documents, with those blocks of theirs that are to be run as they stand. */
const EXAMPLES = ['README.md', ...documents()]
  .map((path) => ({ path, script: runnable(readFileSync(join(ROOT, path), 'utf8')) }))
  .filter(({ script }) => script !== '');

for (const { path, script } of EXAMPLES) {
  test(`the examples of ${path} do what they say`, async (t) => {
    t.timeout(600_000);
    const folder = await sandbox(t);
    const home = join(folder, 'home');
    await mkdir(home);
    await symlink(join(ROOT, 'test'), join(folder, 'test'));
    const bin = join(await builtFolder(), 'bin');
    const env = {
      PATH: [bin, process.env['PATH']].join(delimiter),
      HOME: home,
      XDG_DATA_HOME: undefined,
      XDG_STATE_HOME: undefined,
      QUBES_RPC_ROOT: undefined,
    };
    t.teardown(() => runProgram('qubes-rpc', ['host', 'stop'], { env, cwd: folder }));
    const { exitCode, stderr } = await runProgram('bash', ['-euxo', 'pipefail', '-c', script], {
      env,
      cwd: folder,
      timeout: 500_000,
    });
    t.is(exitCode, 0, stderr);
  });
}

test('the README has examples that are run', (t) => {
  t.is(EXAMPLES[0]?.path, 'README.md');
});

function documents(): string[] {
  const files = readdirSync(join(ROOT, 'docs'));
  return files.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`);
}

/** The blocks for `sh`, one after another; those for `console` only show. */
function runnable(markdown: string): string {
  return [...markdown.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block).join('');
}
