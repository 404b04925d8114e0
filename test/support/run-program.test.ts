import test from 'ava';
import { runProgram } from './run-program.ts';

test('a program gets its input, its descriptors and its environment', async (t) => {
  const script =
    'const fs = require("fs");' +
    'for (const fd of [0, 3, 4]) console.log(JSON.stringify(fs.readFileSync(fd, "utf8")));' +
    'console.log(JSON.stringify(process.env.COLOUR)); console.error("a warning"); process.exit(5)';
  const result = await runProgram('node', ['-e', script], {
    input: 'request',
    descriptors: { 3: 'three', 4: Buffer.from('four') },
    env: { COLOUR: 'blue' },
  });
  t.deepEqual(result.json(), ['request', 'three', 'four', 'blue']);
  t.is(result.stderr, 'a warning\n');
  t.is(result.exitCode, 5);
});

test('a program that was killed has a signal and no exit code', async (t) => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  const { exitCode, signal } = await runProgram('sleep', ['30'], { signal: abort.signal });
  t.is(exitCode, undefined);
  t.is(signal, 'SIGTERM');
});

test('a program that hangs fails the test and tells what it wrote', async (t) => {
  const hang = ['-e', 'console.error("waiting for Godot"); setInterval(() => {}, 1000)'];
  await t.throwsAsync(runProgram('node', hang, { timeout: 1500 }), { message: /Godot/ });
});

test('a program that does not exist or fails where it must not fails the test', async (t) => {
  await t.throwsAsync(runProgram('no-such-program'), { message: /did not run/ });
  await t.throwsAsync(runProgram('false', [], { mustSucceed: true }), { message: /ended with 1/ });
});
