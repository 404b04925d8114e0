import test from 'ava';
import { ChunkStore } from '../../../lib/archive/chunk/chunk.ts';
import { MemoryBudget } from '../../../lib/base/memory-budget.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('no more chunks go to the scratch folder than are worked on, and one in advance', async (t) => {
  const { signal } = new AbortController();
  const store = new ChunkStore(new MemoryBudget(8, 1), 1, signal, await temporaryFolder(t));
  const take = (number: number) =>
    store.ofStream(
      `x.${number}`,
      number,
      {
        untrustedName: 'x',
        type: 'file',
        size: 100,
        mode: 0,
        mtime: 0,
        async *data() {
          yield Buffer.alloc(100, number);
        },
      },
      () => undefined,
    );
  const first = await take(0);
  const second = await take(1);
  let third: Awaited<ReturnType<typeof take>> | undefined;
  const waiting = take(2).then((chunk) => (third = chunk));
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is(third, undefined);
  first.drop();
  await waiting;
  for await (const slice of (await (await waiting).data()).slices()) {
    t.deepEqual(Buffer.from(slice), Buffer.alloc(100, 2));
  }
  second.drop();
  third?.drop();
});
