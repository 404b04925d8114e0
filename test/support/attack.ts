import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { sinkTo } from '../../lib/base/byte-sink.ts';
import {
  type ErrorEvent,
  type PartStatus,
  reportEvent,
  type SummaryEvent,
  summaryEvent,
  type WarningEvent,
} from '../../lib/base/report.ts';
import { Semaphore } from '../../lib/base/semaphore.ts';
import { type ArchiveMember, joined } from './archive-member.ts';
import { fileDigest } from './image.ts';
import { builtFolder } from './service-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const PASSPHRASE = 'correct horse';

/** No attack may take longer than this, in milliseconds. */
const TIMEOUT = 20_000;

/** How one run of the installed qubes-restore ended. */
export interface Attack {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: string;
  readonly milliseconds: number;
  readonly errors: readonly ErrorEvent[];
  readonly warnings: readonly WarningEvent[];
  /** Of list and info there is none, nor of a run that a signal ended. */
  readonly summary: SummaryEvent | undefined;
  /** `QUBE:PART` of the summary, and what became of it. */
  readonly parts: Readonly<Record<string, PartStatus>>;
}

/** A started run. */
export interface StartedAttack {
  readonly pid: number;
  readonly ended: Promise<Attack>;
  /** Settles when the program has told something for the first time. */
  readonly speaks: Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface StartOptions {
  readonly cwd: string;
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts qubes-restore with `--json`, in a session of its own. */
export async function startRestore(
  args: readonly string[],
  { cwd, input, env = {} }: StartOptions,
): Promise<StartedAttack> {
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  const started = performance.now();
  const child = execa(program, [...args, '--json'], {
    cwd,
    env: { NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined, ...env },
    stdin: input === undefined ? 'ignore' : 'pipe',
    detached: true,
    reject: false,
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  });
  const pid = child.pid ?? 0;
  if (input !== undefined) void feed(child.stdin, input);
  return {
    pid,
    kill: (signal) => void child.kill(signal),
    speaks: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    ended: child.then(({ exitCode, signal, stdout, stderr, timedOut }) => {
      if (timedOut) throw new Error(`qubes-restore ${args.join(' ')} hangs`);
      return attackOf(stdout, { exitCode, signal, stderr, since: started });
    }),
  };
}

/** Writes until there is no more, or nobody who reads it. */
async function feed(stdin: Writable | null, input: Uint8Array | AsyncIterable<Uint8Array>) {
  if (stdin === null) return;
  const sink = sinkTo(stdin);
  try {
    if (input instanceof Uint8Array) await sink.write(input);
    else for await (const block of input) await sink.write(block);
    await sink.end();
  } catch {
    // The program has ended.
  }
}

/** As many as make sense at the same time. */
const slots = new Semaphore(3);

/** Runs qubes-restore to its end; what it started must have ended, too. */
export function restore(args: readonly string[], options: StartOptions): Promise<Attack> {
  return slots.run(new AbortController().signal, () => restoreNow(args, options));
}

async function restoreNow(args: readonly string[], options: StartOptions): Promise<Attack> {
  const { pid, ended } = await startRestore(args, options);
  const attack = await ended;
  const left = await survivorsOf(pid);
  if (left.length > 0) throw new Error(`Processes are left: ${left.join(', ')}`);
  return attack;
}

/** The processes of a session that are still alive. */
export async function processesOf(session: number): Promise<number[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const alive: number[] = [];
  for (const pid of numbers) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [state, , , id] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(id) === session && state !== 'Z') alive.push(pid);
  }
  return alive;
}

/** The processes of a session that do not end within a second: a killed one takes a moment. */
export async function survivorsOf(session: number): Promise<number[]> {
  const until = performance.now() + 1000;
  for (;;) {
    const alive = await processesOf(session);
    if (alive.length === 0 || performance.now() > until) return alive;
    await delay(20);
  }
}

/** An archive in a folder of its own, with the passphrase in `pass` beside it. */
export async function hostileFolder(
  t: ExecutionContext,
  archive: readonly ArchiveMember[] | Uint8Array,
): Promise<string> {
  const folder = await temporaryFolder(t);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'archive'),
    archive instanceof Uint8Array ? archive : joined(archive),
  );
  await writeFile(join(folder, 'pass'), `${PASSPHRASE}\n`);
  return folder;
}

/** What `extract` left in its folder. */
export interface Extracted extends Attack {
  /** SHA-256 of every image there, by its path. */
  readonly images: Readonly<Record<string, string>>;
}

/**
 * Extracts a hostile archive and checks what has to hold whatever was in it: nothing is written
 * outside the target folder, nothing half done is left in it, only what is said to be good has its
 * final name, and report.json tells the same as the summary.
 */
export async function extractHostile(
  t: ExecutionContext,
  archive: readonly ArchiveMember[] | Uint8Array,
  ...more: readonly string[]
): Promise<Extracted> {
  const folder = await hostileFolder(t, archive);
  // One job takes fewer processes; what it is about does not depend on it.
  const args = ['extract', 'archive', '--passphrase-file', 'pass', '--into', 'out', '--jobs', '1'];
  const attack = await restore([...args, ...more], { cwd: folder });
  t.deepEqual(
    (await readdir(folder)).filter((name) => name !== 'out').sort(),
    ['archive', 'pass'],
    'something was written outside the target folder',
  );
  return { ...attack, images: await checkTarget(t, join(folder, 'out'), attack) };
}

/** Checks a target folder against what the run that wrote it has told. */
export async function checkTarget(
  t: ExecutionContext,
  target: string,
  { summary }: Attack,
): Promise<Record<string, string>> {
  const files: string[] = await readdir(target, { recursive: true }).catch(() => []);
  t.deepEqual(
    files.filter((name) => name.endsWith('.partial')),
    [],
  );
  const parts = summary?.qubes.flatMap((qube) => qube.parts) ?? [];
  const good = parts.flatMap(({ path, status }) => (status === 'ok' ? [path ?? ''] : []));
  const images: Record<string, string> = {};
  for (const name of files.filter((file) => file.endsWith('.img'))) {
    t.true(good.includes(name), `${name} is there and not said to be good`);
    const digest = await fileDigest(join(target, name));
    t.is<string | undefined, string | undefined>(
      digest,
      parts.find(({ path }) => path === name)?.sha256,
    );
    images[name] = digest;
  }
  if (files.includes('report.json')) {
    const report = summaryEvent.parse(
      JSON.parse(await readFile(join(target, 'report.json'), 'utf8')),
    );
    const { qubes, ok, exitCode } = report;
    t.deepEqual({ qubes, ok, exitCode }, pick(summary));
  }
  return images;
}

function pick(summary: SummaryEvent | undefined) {
  return { qubes: summary?.qubes, ok: summary?.ok, exitCode: summary?.exitCode };
}

function attackOf(
  stdout: string,
  end: Pick<Attack, 'exitCode' | 'signal' | 'stderr'> & { readonly since: number },
): Attack {
  const { since, ...facts } = end;
  const lines = stdout.split('\n').filter(Boolean);
  const events = lines.map((line) => reportEvent.parse(JSON.parse(line)));
  const summary = events.find((event) => event.type === 'summary');
  return {
    ...facts,
    milliseconds: performance.now() - since,
    errors: events.filter((event) => event.type === 'error'),
    warnings: events.filter((event) => event.type === 'warning'),
    summary,
    parts: Object.fromEntries(
      (summary?.qubes ?? []).flatMap(({ name, parts }) =>
        parts.map(({ part, status }) => [`${name}:${part}`, status] as const),
      ),
    ),
  };
}
