import test from 'ava';
import fc from 'fast-check';

import { play } from './player.ts';
import type { Tally } from './player.ts';
import { anyHistory, USUAL } from './steps.ts';

test('any history', async (t) => {
  const tally: Tally = new Map();
  const numRuns = Number(process.env['RUNS'] ?? 300);
  const begun = performance.now();
  const mix = process.env['NOSTOCK'] ? { ...USUAL, feature: 0, stock: 0 } : USUAL;
  let last = '';
  try {
    await fc.assert(
      fc.asyncProperty(anyHistory(mix, 40), async (history) => {
        try {
          await play(history, tally);
        } catch (e) {
          last = e instanceof Error ? (e.stack ?? '') : String(e);
          throw e;
        }
      }),
      { numRuns, ...(process.env['SEED'] ? { seed: Number(process.env['SEED']) } : {}) },
    );
  } finally {
    t.log((performance.now() - begun) / numRuns, 'ms');
    t.log(Object.fromEntries([...tally].toSorted()));
    t.log(last);
  }
  t.pass();
});
