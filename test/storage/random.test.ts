import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { StoragePoolException } from '../../lib/base/admin-error.ts';
import type { Volume } from '../../lib/storage/storage.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SIZE, TestPool } from '../support/test-pool.ts';
import { importText, readDisk, readSaved, writeDisk } from '../support/volume-content.ts';

interface State {
  readonly text: string;
  readonly size: number;
}

/** What a volume with revisions is, without a disk. */
class Model {
  saved: State = { text: '', size: SIZE };
  /** Of the run that goes on. */
  present: State | undefined;
  /** Oldest first. */
  revisions: readonly State[] = [];
  readonly keep: number;

  constructor(keep: number) {
    this.keep = keep;
  }

  commit(next: State): void {
    this.revisions = this.keep === 0 ? [] : [...this.revisions, this.saved].slice(-this.keep);
    this.saved = next;
  }

  revert(index: number): void {
    const wanted = this.revisions[index];
    if (wanted === undefined) throw new Error(`There is no revision ${index}`);
    const others = this.revisions.filter((_, other) => other !== index);
    this.revisions = this.keep === 0 ? others : [...others, this.saved];
    this.saved = wanted;
  }
}

interface Subject {
  readonly model: Model;
  readonly volume: Volume;
  /** Another volume of the pool, to clone from. */
  readonly other: Volume;
}

type Step = (t: ExecutionContext, subject: Subject) => Promise<void>;

const refused = { instanceOf: StoragePoolException };
const letters = fc.constantFrom('a', 'b', 'c', 'd').map((letter) => letter.repeat(9));
const sizes = fc.constantFrom(1, 2, 3).map((times) => times * SIZE);

const start: Step = async (_, { model, volume }) => {
  await volume.start();
  model.present ??= model.saved;
};

const stop: Step = async (_, { model, volume }) => {
  await volume.stop();
  if (model.present !== undefined) model.commit(model.present);
  model.present = undefined;
};

const write = letters.map<Step>((text) => async (_, { model, volume }) => {
  if (model.present === undefined) return;
  await writeDisk(volume, text);
  model.present = { ...model.present, text };
});

const resize = sizes.map<Step>((size) => async (_, { model, volume }) => {
  await volume.resize(size);
  if (model.present === undefined) model.saved = { ...model.saved, size };
  else model.present = { ...model.present, size };
});

const takeIn = fc
  .tuple(letters, sizes)
  .map<Step>(([text, size]) => async (t, { model, volume }) => {
    if (model.present !== undefined) {
      await t.throwsAsync(volume.importBegin(size), refused);
      return;
    }
    await importText(volume, text, size);
    model.commit({ text, size });
  });

const abandonImport = sizes.map<Step>((size) => async (_, { model, volume }) => {
  if (model.present === undefined) await volume.importBegin(size);
});

const clone: Step = async (t, { model, volume, other }) => {
  if (model.present !== undefined) {
    await t.throwsAsync(volume.importVolume(other), refused);
    return;
  }
  await volume.importVolume(other);
  model.commit({ text: 'other', size: 2 * SIZE });
};

const revert = fc.nat(3).map<Step>((index) => async (t, { model, volume }) => {
  const revision = (await volume.revisions())[index];
  if (model.present !== undefined || revision === undefined) {
    await t.throwsAsync(volume.revert(revision?.id ?? 'none'), refused);
    return;
  }
  await volume.revert(revision.id);
  model.revert(index);
});

const steps = fc.array(
  fc.oneof(
    fc.constantFrom(start, stop, start, stop, clone),
    write,
    write,
    resize,
    takeIn,
    abandonImport,
    revert,
  ),
  { maxLength: 25 },
);

test('whatever is done to a volume, it is what a volume without a disk would be', async (t) => {
  const folder = await temporaryFolder(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 3), steps, async (keep, made) => {
      const pool = new TestPool(join(folder, String(round++)));
      const volume = pool.own('appvms/work/private', { revisions_to_keep: String(keep) });
      const other = pool.own('appvms/other/private');
      await volume.create();
      await other.create();
      await importText(other, 'other', 2 * SIZE);
      const model = new Model(keep);
      for (const step of made) {
        await step(t, { model, volume, other });
        await compare(t, model, volume);
      }
      await rm(pool.folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

async function compare(t: ExecutionContext, model: Model, volume: Volume): Promise<void> {
  t.is(await readSaved(volume), model.saved.text);
  t.is(await volume.size(), (model.present ?? model.saved).size);
  t.is(await volume.isDirty(), model.present !== undefined);
  t.is((await volume.revisions()).length, model.revisions.length);
  if (model.present !== undefined) t.is(await readDisk(volume), model.present.text);
}
