import CliTable from 'cli-table3';
import { printable } from '../base/printable.ts';

/** A field of a table; null and undefined are shown as `-`. */
export type Field = string | number | null | undefined;

const PLAIN_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: '  ',
};

/**
 * A table for eyes. Ends with a line break.
 * @param rows cells safe to show on a terminal
 * @param right heads of the columns that are aligned right
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const drawn = new CliTable({
    head: [...head],
    chars: PLAIN_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((name) => (right.includes(name) ? 'right' : 'left')),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** What a pipe or a file gets in place of a table: a line each, fields parted by tabs. */
export function tabLines(rows: readonly (readonly Field[])[]): string {
  return rows.map((fields) => `${fields.map(cell).join('\t')}\n`).join('');
}

/** A field as it can be shown: printable ASCII, `-` for what is not known. */
export function cell(untrusted: Field): string {
  return printable(String(untrusted ?? '-'));
}
