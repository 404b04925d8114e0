import test from 'ava';
import fc from 'fast-check';
import { UsageError } from '../../lib/base/errors.ts';
import { parseRestoreCommandLine, restoreProgram } from '../../lib/cli/restore-command.ts';
import type { RestoreRequest } from '../../lib/cli/restore-request.ts';

function request(...args: string[]): RestoreRequest {
  const parsed = parseRestoreCommandLine(args);
  if (parsed.kind !== 'request') throw new Error('a text, not a request');
  return parsed.request;
}

function refusal(...args: string[]): string {
  try {
    parseRestoreCommandLine(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('every option of extract is understood, sizes and numbers in their units', (t) => {
  const line =
    'extract --into out --from vault --root sys --passphrase-file pass --jobs 3 --memory 2GiB ' +
    '--max-kdf-memory 512M --max-kdf-cost 268435456 --exclude a --exclude b:root ' +
    '--compression-filter zstd --scratch tmp --stall-timeout 20 --digest --fail-fast ' +
    '--verbose --json archive work personal:private';
  t.deepEqual(request(...line.split(' ')), {
    command: 'extract',
    archive: 'archive',
    parts: ['work', 'personal:private'],
    into: `${process.cwd()}/out`,
    from: 'vault',
    root: 'sys',
    passphraseFile: 'pass',
    jobs: 3,
    memory: 2 * 1024 ** 3,
    maxKdfMemory: 512 * 1024 ** 2,
    maxKdfCost: 2 ** 28,
    exclude: ['a', 'b:root'],
    compressionFilter: 'zstd',
    scratch: 'tmp',
    stallTimeout: 20,
    digest: true,
    failFast: true,
    quiet: false,
    verbose: true,
    json: true,
  });
});

test('cat takes one part of one qube', (t) => {
  const read = request('cat', 'archive', 'work:firewall.xml');
  t.deepEqual(read.command === 'cat' && read.part, { qube: 'work', part: 'firewall.xml' });
  t.regex(refusal('cat', 'archive', 'work'), /QUBE:PART "work": it is not of the form/);
  t.regex(refusal('cat', 'archive'), /missing required argument 'QUBE:PART'/);
});

test('a lone dash is the archive on standard input', (t) => {
  t.is(request('verify', '-').archive, '-');
  t.is(request('verify', '--passphrase-file', '-', 'archive').archive, 'archive');
});

for (const [line, reason] of [
  ['', /no command was given/],
  ['restore x', /unknown command 'restore'/],
  ['list', /missing required argument 'ARCHIVE'/],
  ['list a b', /too many arguments/],
  ['list a --into b', /unknown option '--into'/],
  ['extract a', /required option '--into <DIR>' not specified/],
  ['verify a --jobs 0', /--jobs "0": it is not a whole number above 0/],
  ['verify a --jobs 100000', /--jobs "100000": it is larger than 256/],
  ['verify a --memory lots', /Cannot read the size "lots"/],
  ['verify a --max-kdf-cost 1e9', /--max-kdf-cost "1e9"/],
  ['verify a --stall-timeout -1', /--stall-timeout/],
  ['verify a --from Not/A/Qube', /--from "Not\/A\/Qube": it is no name of a qube/],
  ['verify a --root x', /--root means something only together with --from/],
  ['verify a -q -v', /--quiet and --verbose contradict/],
  ['verify - --passphrase-file -', /cannot both come from standard input/],
] as const) {
  test(`refused with the reason: qubes-restore ${line}`, (t) => {
    t.regex(refusal(...line.split(' ').filter(Boolean)), reason);
  });
}

test('the passphrase may come on standard input when the archive is in a qube', (t) => {
  t.is(request('list', '-', '--from', 'vault', '--passphrase-file', '-').from, 'vault');
});

test('whatever is typed is understood or refused, and never echoed raw', (t) => {
  const word = fc.oneof(
    fc.constantFrom('list', 'verify', 'extract', 'cat', 'info', '--into', '--json', '-', '--'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      t.notRegex(refusal(...args), /[^\x20-\x7e…]/);
    }),
  );
});

for (const command of ['', ...restoreProgram(() => undefined).commands.map((c) => c.name())]) {
  test(`the help of "${command}" names the exit statuses`, (t) => {
    const parsed = parseRestoreCommandLine([command, '--help'].filter(Boolean));
    const text = parsed.kind === 'text' ? parsed.text : '';
    t.regex(text, /Exit status: 0 well, 2 usage, 3 not readable, 4 wrong passphrase,/);
  });
}
