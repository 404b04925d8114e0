import test from 'ava';

import { UsageError } from '../../../lib/base/errors.ts';
import type { RunRequest } from '../../../lib/cli/restore-request.ts';
import { parseRestoreCommandLine } from '../../../lib/cli/restore-command.ts';
import { sandboxArguments } from '../../../lib/cli/restore/sandbox-arguments.ts';

function parse(...args: readonly string[]): RunRequest {
  const parsed = parseRestoreCommandLine(args);
  if (parsed.kind !== 'request' || parsed.request.command !== 'run') throw new Error('no run');
  return parsed.request;
}

/** What the program in the disposable understands of what was asked outside. */
function inside(...args: readonly string[]): RunRequest {
  const request = parse('run', '--paranoid-mode', '--from', 'vault', ...args);
  return parse(...sandboxArguments(request, 'qubes.RestoreById+abc', ['--passphrase-file', '-']));
}

const PLAIN: RunRequest = {
  ...parse('run', '--location-is-service', '--from', 'vault', 'qubes.RestoreById+abc'),
  qrexec: true,
  sandboxed: true,
  skipDom0Home: true,
  skipDevices: true,
  passphraseFile: '-',
};

test('of the way outside nothing is told inside', (t) => {
  t.deepEqual(inside('/a path/in vault'), PLAIN);
  t.deepEqual(inside('--root', 'sys', '-p', 'secret', '--auto-close', 'archive'), PLAIN);
});

test('all that is asked is carried over, whatever it looks like', (t) => {
  const line =
    '--skip-broken --ignore-missing --skip-conflicting --rename-conflicting -x work -x -y ' +
    '--ignore-username-mismatch --ignore-size-limit -Z zstd --verify-only --yes --pool=--other ' +
    '--netvm none --max-kdf-memory 1GiB --max-kdf-cost 77 --jobs 3 --memory 2GiB ' +
    '--scratch /tmp --stall-timeout 9 --json --verbose -- archive personal --json';
  t.deepEqual(inside(...line.split(' ')), {
    ...PLAIN,
    qubes: ['personal', '--json'],
    exclude: ['work', '-y'],
    skipBroken: true,
    ignoreMissing: true,
    skipConflicting: true,
    renameConflicting: true,
    ignoreUsernameMismatch: true,
    ignoreSizeLimit: true,
    compressionFilter: 'zstd',
    verifyOnly: true,
    yes: true,
    pool: '--other',
    netvm: 'none',
    maxKdfMemory: 2 ** 30,
    maxKdfCost: 77,
    jobs: 3,
    memory: 2 ** 31,
    scratch: '/tmp',
    stallTimeout: 9,
    json: true,
    verbose: true,
  });
});

for (const [options, message] of [
  [[], /--paranoid-mode needs --from QUBE/],
  [['--from', 'vault', '--plan', 'file'], /--paranoid-mode and --plan contradict/],
  [['--from', 'vault', '--keep'], /--paranoid-mode and --keep contradict/],
  [['--from', 'vault', '--qrexec'], /--paranoid-mode and --qrexec contradict/],
  [['--from', 'vault', '--location-is-service'], /--paranoid-mode and --location-is-service contr/],
] as const) {
  test(`in a disposable cannot be meant with: ${options.join(' ') || 'nothing'}`, (t) => {
    t.throws(() => parse('run', '--paranoid-mode', ...options, 'archive'), {
      instanceOf: UsageError,
      message,
    });
  });
}
