// Runs the tests (all, or those named) and ends with one line that a CI can read:
// `N passed, N failed, N skipped`. Shows what did not pass; AVA_VERBOSE=1 shows all.
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { summaryLine, tapLine, type TestCount } from './support/tap-count.ts';

const verbose = process.env['AVA_VERBOSE'] !== undefined;
const count: { -readonly [key in keyof TestCount]: number } = { passed: 0, failed: 0, skipped: 0 };

const ava = execa('ava', ['--tap', ...process.argv.slice(2)], {
  preferLocal: true,
  env: { NODE_EXTRA_CA_CERTS: undefined },
  stdio: ['ignore', 'pipe', 'inherit'],
  buffer: false,
  reject: false,
});
for await (const line of createInterface({ input: ava.stdout })) {
  const kind = tapLine(line);
  if (kind !== 'other') count[kind]++;
  if (verbose || !(kind === 'passed' || /^(# |TAP version|1\.\.|$)/.test(line))) console.log(line);
}
const { exitCode = 1 } = await ava;
process.exitCode = exitCode;
console.log(summaryLine(count, exitCode));
