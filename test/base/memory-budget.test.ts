import test from 'ava';
import { NeedsError } from '../../lib/base/errors.ts';
import { MemoryBudget } from '../../lib/base/memory-budget.ts';

const { signal } = new AbortController();

test('a chunk that was let in is not forgotten when dearer keys take its room', async (t) => {
  const budget = new MemoryBudget(100, 1);
  const first = await budget.takeForChunk(60, signal);
  const second = budget.takeForChunk(90, signal);
  budget.expectDerivation(50);
  t.is(budget.largestChunk, 50);
  first();
  (await second)();
  (await budget.takeForChunk(50, signal))();
});

test('a key that needs more than everything is refused as that, at the stage of keys', (t) => {
  const budget = new MemoryBudget(100, 2);
  const error = t.throws(() => budget.expectDerivation(101), { instanceOf: NeedsError });
  t.is(error.facts.stage, 'key');
});

test('who waits for room gives up when the run is ended', async (t) => {
  const budget = new MemoryBudget(100, 1);
  const end = new AbortController();
  const first = await budget.takeForChunk(100, signal);
  const waiting = budget.takeForChunk(1, end.signal);
  end.abort(new Error('ended'));
  await t.throwsAsync(waiting, { message: 'ended' });
  first();
  (await budget.takeForChunk(100, signal))();
});
