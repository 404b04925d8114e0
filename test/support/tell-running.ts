// Loaded before each file of tests (ava's `require`): tells test/run.ts which files are being run, so that
// it can name the one that hangs.
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const log = process.env['TEST_FILES_LOG'];
if (log !== undefined) {
  const file = relative(process.cwd(), fileURLToPath(test.meta.file));
  appendFileSync(log, `begin ${file}\n`);
  process.on('exit', () => appendFileSync(log, `end ${file}\n`));
}
