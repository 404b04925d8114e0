import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSize } from '../lib/base/size.ts';

const PARTS = ['restore', 'admin', 'import', 'preload'] as const;

export interface BenchOptions {
  readonly folder: string;
  readonly volume: number;
  readonly chunk: number;
  readonly costs: readonly number[];
  readonly runs: number;
  /** Measures one of them alone. */
  readonly only: (typeof PARTS)[number] | undefined;
  /** Seconds for each figure of the Admin API. */
  readonly seconds: number;
  /** Simulated days for each policy of preloading. */
  readonly days: number;
  /** Where their plot is written. */
  readonly plot: string | undefined;
  /** Measures the emergency pipeline alone. */
  readonly baseline: boolean;
}

/**
 * `make bench BENCH_ARGS='--only restore --volume 64M --cost 12 --runs 1'` for a quick look, or
 * `'--only admin --seconds 1'`, `'--only import'`, `'--only preload --days 2'`.
 */
export function parseBenchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string', default: process.env['BENCH_FOLDER'] ?? join(tmpdir(), 'bench') },
      // 82 % of it is the 450 MiB compressed that the targets speak of, and more.
      volume: { type: 'string', default: '640M' },
      chunk: { type: 'string', default: '100M' },
      cost: { type: 'string', multiple: true, default: ['20', '12'] },
      runs: { type: 'string', default: '3' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      days: { type: 'string', default: '20' },
      plot: { type: 'string' },
      baseline: { type: 'boolean', default: false },
    },
  });
  const only = PARTS.find((part) => part === values.only);
  if (only !== values.only) throw new Error(`--only is one of ${PARTS.join(', ')}`);
  return {
    only,
    seconds: Number(values.seconds),
    days: Number(values.days),
    plot: values.plot,
    folder: values.folder,
    volume: parseSize(values.volume),
    chunk: parseSize(values.chunk),
    costs: values.cost.map(Number),
    runs: Number(values.runs),
    baseline: values.baseline,
  };
}
