// Runs the tests (all, or those named) and ends with one line that a CI can read:
// `N passed, N failed, N skipped`. Shows what did not pass; AVA_VERBOSE=1 shows all.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { summaryLine, tapLine, type TestCount } from './support/tap-count.ts';

/** Longer than any test may take. ava's own limit does not see a thread that never ends. */
const MAX_SILENCE_MS = 6 * 60 * 1000;

const verbose = process.env['AVA_VERBOSE'] !== undefined;
const count: { -readonly [key in keyof TestCount]: number } = { passed: 0, failed: 0, skipped: 0 };
const folder = await mkdtemp(join(tmpdir(), 'qubes-rpc-run-'));
const log = join(folder, 'files');

const ava = execa('ava', ['--tap', ...process.argv.slice(2)], {
  preferLocal: true,
  env: { NODE_EXTRA_CA_CERTS: undefined, TEST_FILES_LOG: log },
  stdio: ['ignore', 'pipe', 'inherit'],
  buffer: false,
  reject: false,
});
const silence = setTimeout(() => void giveUp(), MAX_SILENCE_MS);
for await (const line of createInterface({ input: ava.stdout })) {
  silence.refresh();
  const kind = tapLine(line);
  if (kind !== 'other') count[kind]++;
  if (verbose || !(kind === 'passed' || /^(# |TAP version|1\.\.|$)/.test(line))) console.log(line);
}
const { exitCode = 1 } = await ava;
clearTimeout(silence);
await rm(folder, { recursive: true, force: true });
process.exitCode = exitCode;
console.log(summaryLine(count, exitCode));

/** Ends tests that hang, and tells which they are and what they have started. */
async function giveUp(): Promise<void> {
  const running = new Set<string>();
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const [what, file = ''] = line.split(' ');
    if (what === 'begin') running.add(file);
    else running.delete(file);
  }
  const minutes = MAX_SILENCE_MS / 60_000;
  console.log(`not ok - nothing for ${minutes} minutes from: ${[...running].join(', ')}`);
  const { stdout } = await execa('ps', ['-eo', 'pid,ppid,stat,etime,wchan:20,args'], {
    reject: false,
  });
  console.log(stdout);
  ava.kill('SIGKILL');
}
