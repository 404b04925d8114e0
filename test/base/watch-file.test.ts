import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { watchFile } from '../../lib/base/watch-file.ts';
import { stayAwake } from '../support/stay-awake.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Test = ExecutionContext;

/** A file that is watched, in a folder of the test's own. */
class Watched {
  readonly path: string;
  readonly unwatch: () => void;
  readonly #sentinel: string;
  #calls = 0;

  static async make(t: Test, ...place: readonly string[]): Promise<Watched> {
    stayAwake(t);
    const watched = new Watched(await temporaryFolder(t), place);
    t.teardown(async () => watched.unwatch());
    return watched;
  }

  private constructor(root: string, place: readonly string[]) {
    this.path = join(root, ...place);
    this.unwatch = watchFile(this.path, () => {
      this.#calls++;
    });
    this.#sentinel = join(root, 'sentinel');
  }

  /** Replaces the file, as it is done by those who write such. */
  async replace(): Promise<void> {
    await writeFile(`${this.path}.partial`, '');
    await rename(`${this.path}.partial`, this.path);
  }

  /** Calls since it was last asked, for all that was done until now: the system tells in order. */
  async calls(): Promise<number> {
    let end: (() => void) | undefined;
    const told = new Promise<void>((resolve) => (end = watchFile(this.#sentinel, resolve)));
    await writeFile(this.#sentinel, '');
    await told;
    end?.();
    const calls = this.#calls;
    this.#calls = 0;
    return calls;
  }
}

test('tells that a file comes, is replaced and goes', async (t) => {
  const watched = await Watched.make(t, 'file');
  t.is(await watched.calls(), 0);
  await watched.replace();
  t.is(await watched.calls(), 1);
  await watched.replace();
  t.is(await watched.calls(), 1);
  await rm(watched.path);
  t.is(await watched.calls(), 1);
  watched.unwatch();
  await watched.replace();
  t.is(await watched.calls(), 0);
});

test('waits for folders that are not there, and for one that comes again', async (t) => {
  const watched = await Watched.make(t, 'run', 'qubes', 'file');
  for (let round = 0; round < 3; round++) {
    await mkdir(join(watched.path, '..'), { recursive: true });
    await watched.calls();
    await watched.replace();
    t.is(await watched.calls(), 1);
    await rm(join(watched.path, '..', '..'), { recursive: true });
    t.true((await watched.calls()) > 0);
  }
});

test('tells of a file that came with its folder', async (t) => {
  const watched = await Watched.make(t, 'run', 'file');
  await mkdir(join(watched.path, '..', '..', 'new'));
  await writeFile(join(watched.path, '..', '..', 'new', 'file'), '');
  t.is(await watched.calls(), 0);
  await rename(join(watched.path, '..', '..', 'new'), join(watched.path, '..'));
  t.is(await watched.calls(), 1);
});

test('a folder that cannot be watched is no error', (t) => {
  t.notThrows(() => watchFile('/dev/null/there/file', () => undefined)());
});
