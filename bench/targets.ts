import { BENCH_MEMORY } from './contenders.ts';
import type { Usage } from './measure.ts';

/** What was measured at one cost. `cores` as the operating system gives them to us. */
export interface Measured {
  readonly logN: number;
  readonly cores: number;
  readonly emergency: Usage;
  readonly verify: Usage;
  readonly extract: Usage;
  readonly run: Usage;
  readonly gunzip: Usage;
}

/** From this cost on key derivation is most of the work, and what a second core is for. */
const COSTLY = 18;

/** So much is written by only reading: the file system notes when files were read. */
const ACCESS_TIMES = 64 * 1024;

/** Each figure next to what it has to be; one without a target says so. */
export function targetRows(measured: Measured): string[][] {
  const { emergency, verify, extract, run, gunzip, cores } = measured;
  const wall = extract.wallSeconds / emergency.wallSeconds;
  const idle = extract.wallSeconds / (extract.cpuSeconds / cores);
  const perCost =
    measured.logN >= COSTLY
      ? [
          row('extract / emergency pipeline, wall', wall, 0.6),
          row(`extract, wall / (CPU / ${cores} cores)`, idle, 1.15),
        ]
      : [
          row('extract / emergency pipeline, wall', wall, 0.5),
          row('extract / gzip -d, wall', extract.wallSeconds / gunzip.wallSeconds),
        ];
  return [
    ['ratio', 'measured', 'target', ''],
    ...perCost,
    row('run / extract, wall', run.wallSeconds / extract.wallSeconds),
    row('verify / emergency pipeline, wall', verify.wallSeconds / emergency.wallSeconds),
    row('verify / gzip -d, wall', verify.wallSeconds / gunzip.wallSeconds),
    row('peak memory / --memory', Math.max(extract.peakBytes, verify.peakBytes) / BENCH_MEMORY, 1),
    row(
      'bytes written by verify',
      verify.writtenBytes <= ACCESS_TIMES ? 0 : verify.writtenBytes,
      0,
    ),
  ];
}

function row(what: string, value: number, target?: number): string[] {
  const shown = Number.isInteger(value) ? `${value}` : value.toFixed(2);
  if (target === undefined) return [what, shown, '', ''];
  return [what, shown, `≤ ${target}`, value <= target ? 'met' : 'MISSED'];
}
