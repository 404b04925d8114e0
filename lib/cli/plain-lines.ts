import type { QubeReport } from '../base/report.ts';
import { partNames } from './result-table.ts';
import { tabLines } from './table.ts';

/*
 * What a pipe or a file gets in place of tables: a line each, fields parted by tabs, sizes in
 * bytes, digests in full, `-` for what is not known.
 */

/** qube, class, label, template, bytes, parts */
export function qubeLines(qubes: readonly QubeReport[]): string {
  return tabLines(
    qubes.map((qube) => [
      qube.name,
      qube.class,
      qube.label,
      qube.template,
      qube.size,
      partNames(qube),
    ]),
  );
}

/** qube, class, part, status, bytes, SHA-256, reason */
export function partLines(qubes: readonly QubeReport[]): string {
  const chosen = qubes.filter(({ selected }) => selected);
  return tabLines(
    chosen.flatMap((qube) =>
      qube.parts.map((part) => [
        qube.name,
        qube.class,
        part.part,
        part.status,
        part.bytes,
        part.sha256,
        part.reason,
      ]),
    ),
  );
}
