import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

/** A folder of the test's own, removed when it ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'qubes-rpc-test-'));
  t.teardown(async () => {
    // What is not writable stops anybody but root.
    await execa('chmod', ['-R', 'u+rwX', path]);
    await rm(path, { recursive: true });
  });
  return path;
}
