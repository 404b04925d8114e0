import type { PartReport, QubeReport, SummaryEvent } from '../base/report.ts';
import { formatSize } from '../base/size.ts';
import { formatDuration } from './duration.ts';
import { RESULT_WORDS } from './restore/restored-table.ts';

/** The last line for people: whether all is well, and if not, how much of it. */
export function closingLine(summary: SummaryEvent): string {
  const { ok, seconds, archiveBytes, warnings } = summary;
  const verdict = `${ok ? 'All' : 'NOT all'} is well: ${counts(summary).join(', ')}`;
  const warned = warnings === 0 ? '' : `, ${count(warnings, 'warning')}`;
  return `${verdict}${warned} (${formatSize(archiveBytes)} read in ${formatDuration(seconds)}).`;
}

function counts({ qubes, ok }: SummaryEvent): string[] {
  const parts = qubes.flatMap((qube) => qube.parts.filter(({ status }) => status !== 'skipped'));
  const bad = parts.filter(({ status }) => status !== 'ok');
  const restored = resultCounts(qubes);
  if (ok) return [...restored, count(parts.length, 'part')];
  // Where qubes are told of, no bad part is no news.
  if (bad.length === 0 && restored.length > 0) return restored;
  return [...restored, `${bad.length} of ${count(parts.length, 'part')} ${badWords(bad)}`];
}

/** What became of the qubes of a restore, as `9 of 11 qubes restored`, `1 removed again`. */
function resultCounts(qubes: readonly QubeReport[]): string[] {
  const met = qubes.filter(({ result }) => result !== undefined);
  if (met.length === 0) return [];
  const restored = met.filter(({ result }) => result === 'restored').length;
  const of = restored === met.length ? '' : `${restored} of `;
  const others = (['kept', 'removed', 'not-made'] as const).flatMap((result) => {
    const number = met.filter((qube) => qube.result === result).length;
    return number === 0 ? [] : [`${number} ${RESULT_WORDS[result]}`];
  });
  const notSet = met.reduce((sum, qube) => sum + (qube.notSet?.length ?? 0), 0);
  return [
    `${of}${count(met.length, 'qube')} restored`,
    ...others,
    ...(notSet === 0 ? [] : [`${count(notSet, 'thing')} not set`]),
  ];
}

/** A run that only reads has no parts that failed for another reason. */
function badWords(bad: readonly PartReport[]): string {
  const failed = bad.some(({ status }) => status === 'failed');
  return failed ? 'damaged, missing or failed' : 'damaged or missing';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
