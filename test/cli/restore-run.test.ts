import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { BackupSource } from '../../lib/archive/outer/source.ts';
import { streamSource } from '../../lib/archive/outer/source.ts';
import { CancelledError, NotReadableError } from '../../lib/base/errors.ts';
import type { ReportEvent } from '../../lib/base/report.ts';
import { Output } from '../../lib/cli/output.ts';
import { parseRestoreCommandLine } from '../../lib/cli/restore-command.ts';
import type { RestoreDoors } from '../../lib/cli/restore-doors.ts';
import type { RunEnd } from '../../lib/cli/program-process.ts';
import { runRestore } from '../../lib/cli/restore-run.ts';
import { CONTENT, type FakeFacts, fakeOpener, PASSPHRASE } from './fake-backup.ts';

interface Ran extends RunEnd {
  readonly events: readonly ReportEvent[];
  readonly remarks: readonly string[];
  readonly stdout: Uint8Array;
  /** How often the source was opened and not closed again. */
  readonly left: number;
}

interface World extends FakeFacts {
  /** What the person types, one time after another. */
  readonly typed?: readonly string[];
  readonly isFile?: boolean;
  readonly doors?: Partial<RestoreDoors>;
}

async function run(line: string, world: World = {}): Promise<Ran> {
  const parsed = parseRestoreCommandLine(line.split(' '));
  if (parsed.kind !== 'request') throw new Error('a text, not a request');
  const events: ReportEvent[] = [];
  const remarks: string[] = [];
  const typed = [...(world.typed ?? [PASSPHRASE])];
  const stdout = new PassThrough();
  let left = 0;
  const end = await runRestore(parsed.request, {
    ...fakeOpener(world),
    signal: new AbortController().signal,
    screen: {
      show: (event) => void events.push(event),
      remark: (text) => void remarks.push(text),
      close: async () => undefined,
    },
    results: new Output(stdout, 'standard output'),
    openSource: async () => {
      left++;
      return fakeSource(world.isFile !== false, () => left--);
    },
    openTarget: () => Promise.reject(new Error('There is no system')),
    openTerminal: () => undefined,
    passphrases: async () => [typed.shift() ?? 'nothing more'],
    ...world.doors,
  });
  stdout.end();
  return { ...end, events, remarks, left, stdout: await buffer(stdout) };
}

function fakeSource(isFile: boolean, onClose: () => void): BackupSource {
  const source = streamSource(new PassThrough(), 'backup');
  // Only whether there is a file handle is looked at.
  const file = isFile ? ({} as Exclude<BackupSource['file'], undefined>) : undefined;
  return {
    ...source,
    ...(file === undefined ? {} : { file }),
    close: async () => onClose(),
  };
}

const types = ({ events }: Ran): string[] => [...new Set(events.map(({ type }) => type))];

test('verify plans, tells progress, sums up, and leaves no file open', async (t) => {
  const ran = await run('verify backup');
  t.is(ran.status, 0);
  t.is(ran.left, 0);
  t.deepEqual(types(ran), ['plan', 'progress', 'summary']);
  const summary = ran.events.at(-1);
  t.like(summary, { ok: true, exitCode: 0, archive: 'backup', command: 'verify', seconds: 1.5 });
});

test('damage ends in exit status 5 with a whole summary', async (t) => {
  const ran = await run('extract backup --into x', { status: 'damaged' });
  t.is(ran.status, 5);
  t.like(ran.events.at(-1), { ok: false, exitCode: 5, errors: 1 });
});

test('an unknown qube ends in exit status 2', async (t) => {
  const ran = await run('verify backup nobody');
  t.is(ran.status, 2);
  t.deepEqual(types(ran), ['error', 'summary']);
});

test('a person who mistypes may try again, three times in all', async (t) => {
  const second = await run('list backup', { typed: ['correct hrose', PASSPHRASE] });
  t.is(second.status, 0);
  t.deepEqual(second.remarks, ['Wrong passphrase. Try again.']);
  const never = await run('list backup', { typed: ['a', 'b', 'c', PASSPHRASE] });
  t.is(never.status, 4);
  t.is(never.left, 0);
});

test('a stream is gone after the first wrong passphrase', async (t) => {
  const ran = await run('list backup', { typed: ['a', PASSPHRASE], isFile: false });
  t.is(ran.status, 4);
  t.deepEqual(ran.remarks, []);
});

test('with --passphrase-file nothing is asked twice', async (t) => {
  const ran = await run('list backup --passphrase-file f', { typed: ['a', PASSPHRASE] });
  t.is(ran.status, 4);
});

test('nobody is asked for the passphrase of a file that is no backup', async (t) => {
  let asked = 0;
  const ran = await run('verify backup', {
    doors: {
      readInfo: async () => {
        throw new NotReadableError('This is no Qubes backup');
      },
      passphrases: async () => [String(asked++)],
    },
  });
  t.is(ran.status, 3);
  t.is(asked, 0);
});

test('cat writes the bytes and sums them up', async (t) => {
  const ran = await run('cat backup work:private');
  t.is(ran.status, 0);
  t.deepEqual(new Uint8Array(ran.stdout), CONTENT);
  const summary = ran.events.at(-1);
  t.like(summary?.type === 'summary' && summary.qubes[0]?.parts[0], {
    status: 'ok',
    bytes: CONTENT.length,
  });
});

test('cat of a damaged part says so once, and ends in exit status 5', async (t) => {
  const ran = await run('cat backup work:private', { status: 'damaged' });
  t.is(ran.status, 5);
  t.deepEqual(types(ran), ['plan', 'error', 'summary']);
  const summary = ran.events.at(-1);
  t.like(summary?.type === 'summary' && summary.qubes[0]?.parts[0], { status: 'damaged' });
});

test('an interrupted extract says how to go on', async (t) => {
  const signal = AbortSignal.abort(new CancelledError('Interrupted by SIGINT', { chunk: 3 }));
  const ran = await run('extract backup --into x', { hangs: true, doors: { signal } });
  t.is(ran.status, 130);
  t.deepEqual(ran.events.at(-2), {
    type: 'error',
    code: 'cancelled',
    message: 'Interrupted by SIGINT',
    hint: 'Run the same command again: what is finished is kept.',
  });
  t.like(ran.events.at(-1), { type: 'summary', ok: false, exitCode: 130 });
});

test('a mistake in the program is a fault with exit status 70, not an error of the backup', async (t) => {
  const ran = await run('verify backup', { faulty: true });
  t.is(ran.status, 70);
  t.true(ran.fault instanceof TypeError);
  t.false(types(ran).includes('error'));
});
