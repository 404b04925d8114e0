import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { median, type Usage } from '../../bench/measure.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MiB = 1024 * 1024;
const TMPFS = 0x01021994;

/**
 * Measures a Node program. In a process of its own: the tests of other files, which run in this one
 * at the same time, would be measured as well.
 */
async function measured(program: string): Promise<Usage> {
  const script =
    'import { execa } from "execa"; import { measure } from "./bench/measure.ts";' +
    `const work = () => execa("node", ["-e", ${JSON.stringify(program)}]);` +
    'console.log(JSON.stringify(await measure(async () => void (await work()))))';
  const args = ['--import', './register.mjs', '--input-type=module', '-e', script];
  const result = await runProgram('node', args, { mustSucceed: true });
  return result.json()[0] as Usage;
}

test('processor time, memory and writes of a program and its children count', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'written');
  const busy =
    'const block = Buffer.alloc(200 << 20, 1); const end = Date.now() + 600;' +
    'while (Date.now() < end); process.exit(block[5] - 1)';
  const usage = await measured(
    'const args = ["-e", ' +
      `${JSON.stringify(busy)}];` +
      'const child = require("child_process").spawn(process.execPath, args);' +
      `require("fs").writeFileSync(${JSON.stringify(file)}, Buffer.alloc(8 << 20, 1));` +
      'child.on("exit", process.exit)',
  );
  t.true(usage.wallSeconds > 0.6);
  t.true(usage.cpuSeconds > 0.1);
  t.true(usage.peakBytes > 200 * MiB && usage.peakBytes < 600 * MiB, `${usage.peakBytes}`);
  // What goes to a folder in memory is no writing.
  if ((await statfs(folder)).type === TMPFS) return;
  t.true(usage.writtenBytes >= 8 * MiB && usage.writtenBytes < 9 * MiB, `${usage.writtenBytes}`);
});

test('work that writes nothing is said to write nothing', async (t) => {
  t.is((await measured('process.stdout.write("to a pipe")')).writtenBytes, 0);
});

test('the median takes each field by itself', (t) => {
  const usage = (n: number) => ({
    wallSeconds: n,
    cpuSeconds: 10 - n,
    peakBytes: n * 100,
    writtenBytes: 0,
  });
  t.deepEqual(median([usage(1), usage(9), usage(2)]), usage(2));
  t.is(median([usage(1), usage(2)]).wallSeconds, 1.5);
});
