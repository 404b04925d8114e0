import { printable } from '../base/printable.ts';
import type { PartReport, QubeReport } from '../base/report.ts';
import { formatSize } from '../base/size.ts';
import { table } from './table.ts';

const SHORT_DIGEST = 12;
const COLOURS = { ok: 32, damaged: 31, missing: 31, failed: 31, skipped: 33 } as const;

export interface TableLook {
  /** Digests in full, and the number of chunks. */
  readonly verbose: boolean;
  readonly colour: boolean;
}

/** The table at the end of verify and extract: a row a part. Ends with a line break. */
export function resultTable(qubes: readonly QubeReport[], look: TableLook): string {
  const rows = qubes
    .filter(({ selected }) => selected)
    .flatMap((qube) =>
      qube.parts.map((part) => [
        printable(qube.name),
        printable(qube.class),
        printable(part.part),
        sizeCell(part.bytes),
        statusCell(part, look),
        digestCell(part, look),
      ]),
    );
  return table(['QUBE', 'CLASS', 'PART', 'SIZE', 'STATUS', 'SHA-256'], rows, ['SIZE']);
}

/** The table of list: a row a qube. Ends with a line break. */
export function qubeTable(qubes: readonly QubeReport[]): string {
  const rows = qubes.map((qube) => [
    printable(qube.name),
    printable(qube.class),
    printable(qube.label),
    printable(qube.template ?? '-'),
    sizeCell(qube.size),
    partNames(qube),
  ]);
  return table(['QUBE', 'CLASS', 'LABEL', 'TEMPLATE', 'SIZE', 'PARTS'], rows, ['SIZE']);
}

/** The parts of a qube that hold data, for people. */
export function partNames({ included, parts }: QubeReport): string {
  if (!included) return '(not in this backup)';
  const names = parts.map(({ part }) => printable(part)).filter((part) => part !== 'empty');
  return names.length === 0 ? '-' : names.join(', ');
}

function sizeCell(bytes: number | undefined): string {
  return bytes === undefined ? '-' : formatSize(bytes);
}

function statusCell(part: PartReport, { colour }: TableLook): string {
  const text = part.resumed === true ? `${part.status} (kept)` : part.status;
  return colour ? `\x1b[${COLOURS[part.status]}m${text}\x1b[39m` : text;
}

function digestCell({ sha256, dataSha256 }: PartReport, { verbose }: TableLook): string {
  const digest = sha256 ?? dataSha256;
  if (digest === undefined) return '-';
  const shown = verbose ? digest : digest.slice(0, SHORT_DIGEST);
  return sha256 === undefined ? `${shown} (data only)` : shown;
}
