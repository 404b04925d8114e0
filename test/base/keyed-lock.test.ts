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

test('what work does before it first waits waits for it as well', async (t) => {
  const lock = new KeyedLock();
  const steps: string[] = [];
  let inner: Promise<void> | undefined;
  await lock.run('a', async () => {
    inner = lock.run('a', async () => void steps.push('inner'));
    await turn();
    steps.push('outer');
  });
  await inner;
  t.deepEqual(steps, ['outer', 'inner']);
});
