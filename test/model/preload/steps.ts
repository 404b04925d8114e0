import fc from 'fast-check';

import { CALLERS, TEMPLATES } from '../../support/preload-world.ts';
import { OPERATIONS } from '../../support/world/trouble.ts';
import type { Durations, Mishap } from '../../support/world/trouble.ts';

/** What happens next. Which one is meant is a number, of those there are then. */
export type Step =
  /** Somebody asks for a disposable and, if it is not running, starts it. */
  | { readonly do: 'request'; readonly source: string; readonly template: string | undefined }
  /** A disposable that somebody has is done with. */
  | { readonly do: 'release'; readonly how: 'Kill' | 'Shutdown' | 'crash'; readonly which: number }
  /** Somebody does something to one that waits. */
  | {
      readonly do: 'touch';
      readonly how: 'Pause' | 'Unpause' | 'Kill' | 'crash';
      readonly which: number;
    }
  | {
      readonly do: 'feature';
      readonly qube: string;
      readonly name: string;
      readonly value: string | undefined;
    }
  | {
      readonly do: 'property';
      readonly qube: string;
      readonly name: string;
      readonly value: string | undefined;
    }
  | { readonly do: 'resize'; readonly qube: string }
  /** A template runs for a while, and what it has written is saved. */
  | { readonly do: 'renew'; readonly qube: string }
  | { readonly do: 'remove'; readonly qube: string }
  /** A template is asked to fill its stock. */
  | { readonly do: 'stock'; readonly template: string | undefined }
  | { readonly do: 'mishap'; readonly mishap: Mishap }
  | { readonly do: 'heal' }
  /** Something else takes so much memory. */
  | { readonly do: 'pressure'; readonly mib: number }
  | { readonly do: 'sleep' }
  | { readonly do: 'wake' }
  | { readonly do: 'pass'; readonly ms: number }
  /** The host is killed, so many steps of its own from now. */
  | { readonly do: 'kill'; readonly after: number }
  | { readonly do: 'restart' }
  | { readonly do: 'reboot' };

/** A history: how long things take, and what happens. */
export interface History {
  readonly durations: Durations;
  readonly steps: readonly Step[];
}

/** How often what happens, beside each other. */
export type Mix = Readonly<Record<Step['do'], number>>;

export const USUAL: Mix = {
  request: 12,
  release: 5,
  touch: 3,
  feature: 9,
  property: 5,
  resize: 1,
  renew: 2,
  remove: 1,
  stock: 1,
  mishap: 4,
  heal: 1,
  pressure: 2,
  sleep: 1,
  wake: 1,
  pass: 14,
  kill: 2,
  restart: 1,
  reboot: 1,
};

/** Much goes wrong. */
export const TROUBLE: Mix = { ...USUAL, mishap: 14, kill: 5, restart: 2, reboot: 2, pressure: 4 };

/** What is to be in stock changes all the time. */
export const CHANGES: Mix = {
  ...USUAL,
  feature: 20,
  property: 14,
  resize: 3,
  renew: 5,
  remove: 2,
  sleep: 3,
  wake: 3,
};

/** Many ask at the same time. */
export const RUSH: Mix = { ...USUAL, request: 40, release: 12, touch: 6, stock: 3 };

const which = fc.nat({ max: 5 });
const template = fc.constantFrom(...TEMPLATES);
const source = fc.constantFrom(...CALLERS, 'dom0');
const orNone = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

const FEATURES: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: feature(
      template,
      'preload-dispvm-max',
      orNone(fc.constantFrom('0', '1', '2', '3', '4', '')),
    ),
  },
  {
    weight: 3,
    arbitrary: feature(
      fc.constant('dom0'),
      'preload-dispvm-max',
      orNone(fc.constantFrom('0', '1', '2', '3')),
    ),
  },
  {
    weight: 1,
    arbitrary: feature(
      fc.oneof(template, fc.constant('dom0')),
      'preload-dispvm-delay',
      orNone(fc.constantFrom('0', '1', '0.5', '10', '-1', '-4', '')),
    ),
  },
  {
    weight: 1,
    arbitrary: feature(
      fc.constant('dom0'),
      'preload-dispvm-threshold',
      orNone(fc.constantFrom('0', '500', '4000', '11000')),
    ),
  },
  { weight: 1, arbitrary: feature(template, 'internal', orNone(fc.constant('1'))) },
  { weight: 1, arbitrary: feature(template, 'gui', orNone(fc.constantFrom('', '1'))) },
  {
    weight: 1,
    arbitrary: feature(
      fc.constantFrom(...TEMPLATES, 'fedora'),
      'supported-rpc.qubes.WaitForSession',
      orNone(fc.constantFrom('', '1')),
    ),
  },
);

const PROPERTIES: fc.Arbitrary<Step> = fc.oneof(
  property(template, 'label', fc.constantFrom('red', 'green')),
  property(template, 'memory', orNone(fc.constantFrom('300', '400'))),
  property(template, 'vcpus', orNone(fc.constantFrom('1', '2'))),
  property(template, 'netvm', orNone(fc.constantFrom('net-one', 'net-two', ''))),
  property(template, 'template', fc.constantFrom('fedora', 'debian')),
  property(template, 'template_for_dispvms', fc.constantFrom('True', 'False')),
  property(template, 'autostart', fc.constantFrom('True', 'False')),
  property(
    fc.constantFrom(...CALLERS),
    'default_dispvm',
    orNone(fc.constantFrom(...TEMPLATES, '')),
  ),
  property(fc.constant('dom0'), 'default_netvm', fc.constantFrom('net-one', 'net-two', '')),
  {
    weight: 3,
    arbitrary: property(fc.constant('dom0'), 'default_dispvm', fc.constantFrom(...TEMPLATES, '')),
  },
);

const times = fc.integer({ min: 1, max: 4 });

const MISHAPS: fc.Arbitrary<Mishap> = fc.record({
  operation: fc.constantFrom(...OPERATIONS),
  effect: fc.constantFrom('fails', 'fails', 'slow'),
  times,
});

/** What is done in a qube, or by another program, may never come to an end. */
const NO_ANSWERS: fc.Arbitrary<Mishap> = fc.record({
  operation: fc.constantFrom('service', 'shrink'),
  effect: fc.constant('hangs'),
  times,
});

const ARBITRARIES: Readonly<Record<Step['do'], fc.Arbitrary<Step>>> = {
  request: fc.record({ do: fc.constant('request'), source, template: orNone(template) }),
  release: fc.record({
    do: fc.constant('release'),
    how: fc.constantFrom('Kill', 'Shutdown', 'crash'),
    which,
  }),
  touch: fc.record({
    do: fc.constant('touch'),
    how: fc.constantFrom('Pause', 'Unpause', 'Kill', 'crash'),
    which,
  }),
  feature: FEATURES,
  property: PROPERTIES,
  resize: fc.record({ do: fc.constant('resize'), qube: template }),
  renew: fc.record({ do: fc.constant('renew'), qube: fc.constantFrom(...TEMPLATES, 'fedora') }),
  remove: fc.record({ do: fc.constant('remove'), qube: template }),
  stock: fc.record({ do: fc.constant('stock'), template: orNone(template) }),
  mishap: fc.record({ do: fc.constant('mishap'), mishap: fc.oneof(MISHAPS, NO_ANSWERS) }),
  heal: fc.constant({ do: 'heal' }),
  pressure: fc.record({
    do: fc.constant('pressure'),
    mib: fc.constantFrom(0, 0, 10_000, 11_200, 12_288),
  }),
  sleep: fc.constant({ do: 'sleep' }),
  wake: fc.constant({ do: 'wake' }),
  pass: fc.record({
    do: fc.constant('pass'),
    ms: fc.constantFrom(0, 1, 50, 500, 2000, 3000, 5000, 30_000, 100_000),
  }),
  kill: fc.record({ do: fc.constant('kill'), after: fc.nat({ max: 60 }) }),
  restart: fc.constant({ do: 'restart' }),
  reboot: fc.constant({ do: 'reboot' }),
};

/** Everything takes about as long as on a machine of today. */
export const TIME_TAKING: Durations = {
  create: 200,
  unpause: 2000,
  pause: 30,
  destroy: 100,
  'volume.create': 20,
  'volume.start': 50,
  'volume.stop': 50,
  'volume.remove': 20,
  service: 4000,
  shrink: 1000,
  available: 1,
  save: 20,
};

const DURATIONS: fc.Arbitrary<Durations> = fc.constantFrom<Durations[]>(
  {},
  { unpause: 2000, service: 3000, shrink: 500 },
  TIME_TAKING,
  { save: 700, folder: 100, service: 1000 },
);

/** Most histories begin with a stock, or with one that is being made. */
const BEGINNING: fc.Arbitrary<readonly Step[]> = fc.oneof(
  fc.constant([]),
  fc
    .record({
      qube: fc.constantFrom(...TEMPLATES, 'dom0'),
      value: fc.constantFrom('1', '2', '3'),
      ms: fc.constantFrom(0, 2500, 30_000, 30_000, 30_000),
    })
    .map(({ qube, value, ms }): readonly Step[] => [
      { do: 'feature', qube, name: 'preload-dispvm-max', value },
      { do: 'pass', ms },
    ]),
);

export const STEP_KINDS = Object.keys(ARBITRARIES);

/** Any history. @param kinds of which steps there are such in it, each as often as the mix says */
export function anyHistory(mix: Mix, maxLength: number): fc.Arbitrary<History> {
  const kinds = Object.entries(ARBITRARIES).map(([kind, arbitrary]) => ({
    weight: mix[kind as Step['do']],
    arbitrary,
  }));
  const steps = fc.array(fc.oneof(...kinds), { maxLength, minLength: 1, size: 'max' });
  return fc.tuple(DURATIONS, BEGINNING, steps).map(([durations, beginning, rest]) => ({
    durations,
    steps: [...beginning, ...rest],
  }));
}

function feature(
  qube: fc.Arbitrary<string>,
  name: string,
  value: fc.Arbitrary<string | undefined>,
): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('feature'), qube, name: fc.constant(name), value });
}

function property(
  qube: fc.Arbitrary<string>,
  name: string,
  value: fc.Arbitrary<string | undefined>,
): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('property'), qube, name: fc.constant(name), value });
}
