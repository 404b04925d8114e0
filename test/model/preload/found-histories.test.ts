import test from 'ava';

import { play } from './player.ts';
import type { History } from './steps.ts';

/** Histories after which something was not as it must be, by what that was. */
const FOUND: Readonly<Record<string, History>> = {
  'a gap that a killed host has left is filled': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '3' },
      { do: 'request', source: 'work', template: undefined },
      { do: 'restart' },
    ],
  },
  'the stock is filled again when the machine wakes': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'sleep' },
      { do: 'wake' },
    ],
  },
};

for (const [title, history] of Object.entries(FOUND)) {
  test(title, async (t) => {
    await t.notThrowsAsync(play(history, new Map()));
  });
}
