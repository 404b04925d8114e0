import type { Day } from './day.ts';
import { live } from './live.ts';
import { OurPolicy } from './our-policy.ts';
import type { Policy, Settings } from './policy.ts';
import { ReferencePolicy } from './reference-policy.ts';
import { summaryOf } from './summary.ts';
import type { Summary } from './summary.ts';

/** What days were like under both policies. */
export interface Comparison {
  readonly settings: Settings;
  readonly ours: Summary;
  readonly reference: Summary;
}

/** Has the same days go by under both policies. */
export async function compare(
  days: readonly Day[],
  wanted: readonly Settings[],
): Promise<readonly Comparison[]> {
  const found: Comparison[] = [];
  for (const settings of wanted) {
    const reference = await summaryUnder(days, asReference, settings);
    found.push({ settings, reference, ours: await summaryUnder(days, asOurs, settings) });
  }
  return found;
}

type Begin = (day: Day, settings: Settings) => Policy | Promise<Policy>;

export const asReference: Begin = (day, settings) => new ReferencePolicy(day, settings);
const asOurs: Begin = (day, settings) => OurPolicy.begin(day, settings);

export async function summaryUnder(
  days: readonly Day[],
  begin: Begin,
  settings: Settings,
): Promise<Summary> {
  const outcomes = [];
  for (const day of days) outcomes.push(await live(day, await begin(day, settings)));
  return summaryOf(outcomes);
}
