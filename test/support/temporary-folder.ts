import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of ava's `t` that is used here. */
interface Teardown {
  teardown(work: () => Promise<void>): void;
}

/** A new folder of the test's own, removed with all that is in it when the test ends. */
export async function temporaryFolder(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'qubes-rpc-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
