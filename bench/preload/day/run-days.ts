import { writeFile } from 'node:fs/promises';

import { markdownTable } from '../../table.ts';
import { asReference, compare, summaryUnder } from './compare.ts';
import type { Comparison } from './compare.ts';
import { makeDay, NO_TROUBLE } from './day.ts';
import type { Trouble } from './day.ts';
import { plotOf } from './plot.ts';
import type { Settings } from './policy.ts';
import { summaryRow, SUMMARY_HEAD } from './summary.ts';
import type { Summary } from './summary.ts';

const USUAL: Settings = { max: 2, delay: 3 };
const SETTINGS: readonly Settings[] = [
  { max: 1, delay: 3 },
  USUAL,
  { max: 3, delay: 3 },
  { max: 2, delay: 20 },
  { max: 2, delay: -3 },
];
const NONE: Settings = { max: 0, delay: 3 };

interface Kind {
  readonly title: string;
  readonly trouble: Trouble;
  readonly settings: readonly Settings[];
}

const ORDINARY: Kind = {
  title: '2 % of the starts fail, memory is scarce in the afternoon',
  trouble: { filesPercent: 1, bootsPercent: 1, isMemoryScarce: true },
  settings: SETTINGS,
};
const OTHERS: readonly Kind[] = [
  { title: 'Nothing goes wrong', trouble: NO_TROUBLE, settings: SETTINGS },
  {
    title: 'Only memory is scarce',
    trouble: { ...NO_TROUBLE, isMemoryScarce: true },
    settings: [USUAL],
  },
  {
    title: 'Only: 2 % die half-way to being up',
    trouble: { ...NO_TROUBLE, bootsPercent: 2 },
    settings: [USUAL],
  },
  {
    title: 'Only: 2 % cannot have their files made',
    trouble: { ...NO_TROUBLE, filesPercent: 2 },
    settings: [USUAL],
  },
];

/**
 * Simulates days, each under the reference's policy and under ours, and prints what they were like.
 * @param plot a file for the comparison as a picture
 */
export async function runDays(count: number, plot?: string): Promise<void> {
  for (const kind of [ORDINARY, ...OTHERS]) {
    const days = Array.from({ length: count }, (_, index) => makeDay(index + 1, kind.trouble));
    const none = await summaryUnder(days, asReference, NONE);
    const compared = await compare(days, kind.settings);
    print(kind.title, none, compared);
    if (kind === ORDINARY && plot !== undefined) await writeFile(plot, plotOf(none, compared));
  }
}

function print(title: string, none: Summary, compared: readonly Comparison[]): void {
  const rows = compared.flatMap(({ settings: { max, delay }, reference, ours }) => [
    summaryRow(`max ${max}, delay ${delay}: reference`, reference),
    summaryRow(`max ${max}, delay ${delay}: ours`, ours),
  ]);
  console.log(`### ${title}\n`);
  console.log(`${markdownTable([SUMMARY_HEAD, summaryRow('no preloading', none), ...rows])}\n`);
}
