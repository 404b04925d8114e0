import { quantile } from '../quantile.ts';
import type { Outcome } from './tally.ts';

/** Who waits less than this is served at once. */
const AT_ONCE_SECONDS = 1;

/** What days were like in the mean. */
export interface Summary {
  readonly requests: number;
  /** Seconds that were waited in a day. */
  readonly waited: number;
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
  /** Share of the requests, of 1. */
  readonly atOnce: number;
  readonly mibHours: number;
  readonly wasted: number;
  readonly beside: number;
}

export function summaryOf(outcomes: readonly Outcome[]): Summary {
  const waits = outcomes.flatMap((outcome) => outcome.waits);
  const mean = (of: (outcome: Outcome) => number): number =>
    sum(outcomes.map(of)) / outcomes.length;
  return {
    requests: waits.length / outcomes.length,
    waited: sum(waits) / outcomes.length,
    median: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
    longest: Math.max(...waits),
    atOnce: waits.filter((wait) => wait < AT_ONCE_SECONDS).length / waits.length,
    mibHours: mean(({ mibHours }) => mibHours),
    wasted: mean(({ wasted }) => wasted),
    beside: mean(({ beside }) => beside),
  };
}

export const SUMMARY_HEAD = [
  'a day',
  'requests',
  'waited, s',
  'p50, s',
  'p95, s',
  'longest, s',
  'at once',
  'memory held, MiB·h',
  'starts wasted',
  'begun while somebody waits',
];

export function summaryRow(name: string, summary: Summary): string[] {
  const { requests, waited, median, p95, longest, atOnce, mibHours, wasted, beside } = summary;
  return [
    name,
    requests.toFixed(0),
    waited.toFixed(0),
    median.toFixed(1),
    p95.toFixed(1),
    longest.toFixed(1),
    `${(100 * atOnce).toFixed(1)} %`,
    mibHours.toFixed(0),
    wasted.toFixed(1),
    beside.toFixed(1),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
