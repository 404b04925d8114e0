import { printable } from '../../base/printable.ts';
import type { QubeReport, QubeResult } from '../../base/report.ts';
import { table } from '../table.ts';

export const RESULT_WORDS: Readonly<Record<QubeResult, string>> = {
  restored: 'restored',
  kept: 'kept (cannot be started)',
  removed: 'removed again',
  'not-made': 'not made',
};

/** What became of each qube of a restore, for people; empty where there is none. */
export function restoredTable(qubes: readonly QubeReport[]): string {
  const rows = qubes.flatMap(({ name, newName = name, result, notSet = [] }) =>
    result === undefined
      ? []
      : [[name, newName, RESULT_WORDS[result], notSet.map(({ what }) => what).join(', ') || '-']],
  );
  if (rows.length === 0) return '';
  return table(
    ['QUBE', 'NAME NOW', 'RESULT', 'NOT SET'],
    rows.map((row) => row.map((text) => printable(text, MAX_CELL))),
  );
}

const MAX_CELL = 500;
