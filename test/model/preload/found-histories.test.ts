import test from 'ava';

import { play } from './play.ts';
import { TIME_TAKING } from './steps.ts';
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
  'one whose memory is being taken is paused by a person, too': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 8000 },
      { do: 'touch', how: 'Pause', which: 0 },
    ],
  },
  'one that waits for its services is not the last that is tried': {
    durations: {},
    steps: [
      { do: 'mishap', mishap: { operation: 'service', effect: 'hangs', times: 1 } },
      { do: 'pressure', mib: 11_200 },
      { do: 'request', source: 'work', template: undefined },
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '3' },
      { do: 'pressure', mib: 0 },
      { do: 'pass', ms: 3000 },
    ],
  },
  'the store can be read although its host was killed while a template ceased to be one': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '3' },
      { do: 'property', qube: 'dom0', name: 'default_dispvm', value: 'dvm-three' },
      { do: 'pass', ms: 500 },
      { do: 'property', qube: 'dvm-one', name: 'template_for_dispvms', value: 'False' },
      { do: 'kill', after: 5 },
      { do: 'pass', ms: 5000 },
      { do: 'pass', ms: 0 },
    ],
  },
  'a maximum that could not be saved is as if it had never been': {
    durations: { save: 700, folder: 100, service: 1000 },
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '0' },
      { do: 'pass', ms: 100_000 },
    ],
  },
  'a maximum whose removal could not be saved is still there': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: undefined },
      { do: 'pass', ms: 50 },
    ],
  },
  'one that is let go on while it is noted that it stands still is used': {
    durations: { save: 700, folder: 100, service: 1000 },
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '3' },
      { do: 'pass', ms: 3000 },
      { do: 'touch', how: 'Unpause', which: 0 },
    ],
  },
  'a template stays while one of its stock is being handed over': {
    durations: { unpause: 2000, service: 3000, shrink: 500 },
    steps: [
      { do: 'feature', qube: 'dvm-three', name: 'preload-dispvm-max', value: '3' },
      { do: 'pass', ms: 30_000 },
      { do: 'request', source: 'work', template: 'dvm-three' },
      { do: 'remove', qube: 'dvm-three' },
      { do: 'restart' },
    ],
  },
  'what is outdated is replaced although that could not be saved at first': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '1' },
      { do: 'renew', qube: 'dvm-one' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'pass', ms: 3000 },
    ],
  },
  'one that ends while the machine goes to sleep leaves nothing': {
    durations: TIME_TAKING,
    steps: [
      { do: 'request', source: 'work', template: undefined },
      { do: 'pass', ms: 3000 },
      { do: 'release', how: 'Kill', which: 0 },
      { do: 'sleep' },
    ],
  },
  'what could not be given up before the machine slept is not used because it wakes': {
    durations: { unpause: 2000, service: 3000, shrink: 500 },
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '4' },
      { do: 'pass', ms: 5000 },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'sleep' },
    ],
  },
  'a gap is filled that nobody has to wait for any more': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '3' },
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-delay', value: '-1' },
      { do: 'request', source: 'work', template: undefined },
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-delay', value: undefined },
    ],
  },
  'a machine that goes to sleep while it wakes has no stock': {
    durations: TIME_TAKING,
    steps: [
      { do: 'renew', qube: 'dvm-one' },
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '3' },
      { do: 'sleep' },
      { do: 'wake' },
      { do: 'sleep' },
      { do: 'pass', ms: 30_000 },
    ],
  },
  'one that goes on unasked is used although that could not be saved at first': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '4' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'touch', how: 'Unpause', which: 0 },
    ],
  },
  'one that ends while its use is saved is not handed over': {
    durations: { save: 700, folder: 100, service: 1000 },
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'pass', ms: 100_000 },
      { do: 'request', source: 'work', template: undefined },
      { do: 'pass', ms: 1000 },
      { do: 'touch', how: 'Kill', which: 0 },
    ],
  },
  'one that could not be given up is, when its start has failed by that': {
    durations: { save: 700, folder: 100, service: 1000 },
    steps: [
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '2' },
      { do: 'pass', ms: 2000 },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'sleep' },
      { do: 'pass', ms: 2000 },
    ],
  },
  'what is lost to a request that is refused in the end is replaced': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'pass', ms: 30_000 },
      { do: 'request', source: 'work', template: undefined },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 2 } },
      { do: 'pass', ms: 100_000 },
    ],
  },
  'too many, which could not be given up, are given up later': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'pass', ms: 30_000 },
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '0' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'pass', ms: 30_000 },
    ],
  },
  'for a template that is removed nothing is tried again': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dvm-three', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 0 },
      { do: 'touch', how: 'crash', which: 0 },
      {
        do: 'feature',
        qube: 'fedora',
        name: 'supported-rpc.qubes.WaitForSession',
        value: undefined,
      },
      { do: 'remove', qube: 'dvm-three' },
      { do: 'request', source: 'work', template: undefined },
    ],
  },
  "one that somebody has let go on is nobody else's, and wakes with the machine": {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 0 },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 2 } },
      { do: 'touch', how: 'Unpause', which: 0 },
      { do: 'sleep' },
      { do: 'request', source: 'work', template: undefined },
    ],
  },
  'one that somebody has let go on at the end of its start stays so': {
    durations: { save: 700, folder: 100, service: 1000 },
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 2500 },
      { do: 'touch', how: 'Unpause', which: 0 },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'request', source: 'work', template: undefined },
      { do: 'pass', ms: 100_000 },
      { do: 'property', qube: 'dvm-one', name: 'template', value: 'fedora' },
    ],
  },
  'what was on its way and could not be given up is given up later': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '2' },
      { do: 'pass', ms: 2500 },
      { do: 'feature', qube: 'dom0', name: 'preload-dispvm-max', value: '0' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'pass', ms: 5000 },
      { do: 'request', source: 'work', template: undefined },
    ],
  },
  'one that starts when the machine goes to sleep, and cannot be given up, goes later': {
    durations: TIME_TAKING,
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 2500 },
      { do: 'pressure', mib: 12_288 },
      { do: 'sleep' },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 1 } },
      { do: 'pass', ms: 5000 },
    ],
  },
  'a host that begins with one that went on, and cannot save that, goes on': {
    durations: {},
    steps: [
      { do: 'feature', qube: 'dvm-one', name: 'preload-dispvm-max', value: '1' },
      { do: 'pass', ms: 30_000 },
      { do: 'mishap', mishap: { operation: 'save', effect: 'fails', times: 2 } },
      { do: 'touch', how: 'Unpause', which: 0 },
      { do: 'restart' },
    ],
  },
};

for (const [title, history] of Object.entries(FOUND)) {
  test(title, async (t) => {
    await t.notThrowsAsync(play(history, new Map()));
  });
}
