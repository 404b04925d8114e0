import { printable } from '../base/printable.ts';
import type { HeaderReport } from '../base/report.ts';

/** The header of a backup for people, a fact a line. */
export function headerLines(header: HeaderReport): string {
  const facts: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ['format', header.version],
    ['backup id', header.backupId],
    ['encrypted', header.encrypted ? 'yes' : 'no'],
    ['compressed', header.compressed ? 'yes' : 'no'],
    ['compression filter', header.compressionFilter],
    ['authentication', header.hmacAlgorithm],
    ['cipher', header.cryptoAlgorithm],
  ];
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name.padEnd(20)}${printable(String(value))}\n`)
    .join('');
}
