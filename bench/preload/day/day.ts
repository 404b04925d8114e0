import { Random } from './random.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** What somebody does, or what happens to the machine; times are seconds since midnight. */
export type Happening = { readonly at: number } & (
  | { readonly what: 'open'; readonly keptSeconds: number }
  /** A template is started, and shut down some minutes later: what is based on it is outdated. */
  | { readonly what: 'update begins' | 'update ends' }
  | { readonly what: 'property changes' }
  | { readonly what: 'sleep' | 'wake' }
  /** So much memory is taken by other qubes. */
  | { readonly what: 'pressure'; readonly mib: number }
);

/** A day's happenings, in their order. */
export interface Day {
  readonly seed: number;
  readonly begin: number;
  readonly end: number;
  readonly happenings: readonly Happening[];
  readonly trouble: Trouble;
}

/** What can go wrong on a day. */
export interface Trouble {
  /** Of a hundred starts so many fail when files are made. */
  readonly filesPercent: number;
  /** Of a hundred starts so many fail half-way to being up. */
  readonly bootsPercent: number;
  readonly isMemoryScarce: boolean;
}

export const NO_TROUBLE: Trouble = { filesPercent: 0, bootsPercent: 0, isMemoryScarce: false };

const BEGIN = 8.75 * HOUR;
const END = 18 * HOUR;
const NOON = 12.5 * HOUR;
const BACK = 13.25 * HOUR;
/** Between bursts, in the mean. */
const BURST_SECONDS = 12 * MINUTE;
/** After one document or link another follows, in the mean after so long. */
const ANOTHER = 0.55;
const ANOTHER_SECONDS = 15;
const KEPT_SECONDS = 6 * MINUTE;
/** What is left for disposables while other qubes take most of the memory. */
const PRESSURE_MIB = 8500;

/** A day of somebody who opens documents and links in disposables, in bursts, between 9 and 18. */
export function makeDay(seed: number, trouble: Trouble): Day {
  const random = new Random(seed);
  const happenings: Happening[] = [
    ...work(random, 9 * HOUR, NOON - 2 * MINUTE),
    ...work(random, BACK, END - 10 * MINUTE),
    { at: random.between(10, 11) * HOUR, what: 'property changes' },
    { at: NOON, what: 'sleep' },
    { at: BACK - 1, what: 'wake' },
  ];
  const update = random.between(11, 12) * HOUR;
  happenings.push({ at: update, what: 'update begins' });
  happenings.push({ at: update + 8 * MINUTE, what: 'update ends' });
  if (trouble.isMemoryScarce) happenings.push(...pressure(random));
  return {
    seed,
    begin: BEGIN,
    end: END,
    happenings: happenings.sort((one, other) => one.at - other.at),
    trouble,
  };
}

function work(random: Random, from: number, to: number): Happening[] {
  const found: Happening[] = [];
  for (let at = from; ;) {
    at += random.exponential(BURST_SECONDS);
    let one = at;
    do {
      if (one >= to) return found;
      const keptSeconds = 20 + random.exponential(KEPT_SECONDS);
      found.push({ at: one, what: 'open', keptSeconds });
      one += 1 + random.exponential(ANOTHER_SECONDS);
    } while (random.happens(ANOTHER));
  }
}

/** In the afternoon memory is scarce for a quarter of an hour or longer, and is again. */
function pressure(random: Random): Happening[] {
  const found: Happening[] = [];
  let at = 14 * HOUR + random.between(0, 20) * MINUTE;
  while (at < 17 * HOUR) {
    found.push({ at, what: 'pressure', mib: PRESSURE_MIB });
    at += random.between(15, 40) * MINUTE;
    found.push({ at, what: 'pressure', mib: 0 });
    at += random.between(10, 40) * MINUTE;
  }
  return found;
}
