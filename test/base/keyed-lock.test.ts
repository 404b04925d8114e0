import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';

import { KeyedLock } from '../../lib/base/keyed-lock.ts';

test('work under one key comes one after another, under another key at once', async (t) => {
  const lock = new KeyedLock();
  const steps: string[] = [];
  const work = (key: string, name: string) =>
    lock.run(key, async () => {
      steps.push(`${name} begins`);
      await turn();
      steps.push(`${name} ends`);
      return name;
    });
  t.deepEqual(await Promise.all([work('a', 'one'), work('a', 'two'), work('b', 'three')]), [
    'one',
    'two',
    'three',
  ]);
  const at = (step: string) => steps.indexOf(step);
  t.true(at('three begins') < at('one ends'));
  t.true(at('one ends') < at('two begins'));
});

test('work that fails keeps nobody waiting', async (t) => {
  const lock = new KeyedLock();
  const failing = lock.run('a', async () => {
    await turn();
    throw new Error('no');
  });
  const next = lock.run('a', async () => 'yes');
  await t.throwsAsync(failing, { message: 'no' });
  t.is(await next, 'yes');
});

test('what work sets going at once waits for its end', async (t) => {
  const lock = new KeyedLock();
  const steps: string[] = [];
  let nested: Promise<void> | undefined;
  await lock.run('a', async () => {
    nested = lock.run('a', async () => void steps.push('nested'));
    await turn();
    steps.push('outer');
  });
  await nested;
  t.deepEqual(steps, ['outer', 'nested']);
});
