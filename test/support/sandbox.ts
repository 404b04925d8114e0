import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

/** A new empty folder that goes when the test ends. */
export async function sandbox(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'qubes-rpc-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
