import { access } from 'node:fs/promises';
import test from 'ava';
import { diskError } from '../../lib/base/disk-error.ts';
import { NeedsError, systemErrorCode } from '../../lib/base/errors.ts';
import { syncFileSystem } from '../../lib/base/sync-file-system.ts';

const failed = (code: string): Error => Object.assign(new Error(`${code}: details`), { code });

test('problems of the file system tell what to do, those of the program stay what they are', (t) => {
  for (const [code, reason] of [
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EFBIG', 'the file system does not take files of this size'],
  ] as const) {
    const error = diskError(failed(code), 'write', 'DIR/x\x07');
    if (!(error instanceof NeedsError)) return t.fail();
    t.is(error.message, `Cannot write DIR/x_: ${reason}`);
    t.is(error.facts.stage, 'write');
    t.truthy(error.facts.hint);
  }
  const fault = new TypeError('a fault');
  t.is(diskError(fault, 'write', 'x'), fault);
});

test('a code nobody foresaw is shown as it is, its cause kept', async (t) => {
  const cause = failed('EXDEV');
  const error = diskError(cause, 'rename', 'x');
  if (!(error instanceof NeedsError)) return t.fail();
  t.is(error.message, 'Cannot rename x: EXDEV');
  t.is(error.cause, cause);
  t.is(systemErrorCode(await t.throwsAsync(access('/no/such'))), 'ENOENT');
});

test('a file system that cannot be written to disk is told', async (t) => {
  await t.throwsAsync(syncFileSystem('/no/such\x1b'), {
    instanceOf: NeedsError,
    message: /^Cannot make sure that what was extracted is on disk/,
  });
});
