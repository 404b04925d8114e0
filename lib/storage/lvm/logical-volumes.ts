import * as z from 'zod/mini';

import { LvmError } from './lvm-error.ts';

/** What `lvs` is asked for. */
export const LIST_FIELDS =
  'vg_name,pool_lv,name,lv_size,data_percent,lv_attr,origin,lv_metadata_size,metadata_percent';

/** A logical volume; sizes in bytes. */
export interface LogicalVolume {
  readonly size: number;
  readonly usage: number;
  /** Name of the thin pool it is in, empty for others. */
  readonly thinPool: string;
  readonly isThinPool: boolean;
  readonly isActive: boolean;
  /** Name of the volume it is a snapshot of, empty for others. */
  readonly origin: string;
  /** Of a thin pool. */
  readonly metadata: { readonly size: number; readonly usage: number };
}

/** By `GROUP/NAME`. */
export type LogicalVolumes = ReadonlyMap<string, LogicalVolume>;

const Bytes = z.string().check(z.regex(/^(\d{1,16}B)?$/));
const Percent = z.string().check(z.regex(/^(\d{1,3}(\.\d+)?)?$/));

const Row = z.object({
  vg_name: z.string(),
  lv_name: z.string(),
  pool_lv: z.string(),
  lv_size: Bytes,
  data_percent: Percent,
  lv_attr: z.string(),
  origin: z.string(),
  lv_metadata_size: Bytes,
  metadata_percent: Percent,
});

const Report = z.object({
  report: z.array(z.object({ lv: z.array(Row) })),
});

/** @throws LvmError when it is not what `lvs` prints */
export function parseLogicalVolumes(untrustedJson: string): LogicalVolumes {
  const parsed = Report.safeParse(readJson(untrustedJson));
  if (!parsed.success) throw new LvmError('what lvs says cannot be understood');
  const rows = parsed.data.report.flatMap(({ lv }) => lv);
  return new Map(rows.map((row) => [`${row.vg_name}/${row.lv_name}`, volumeOf(row)]));
}

function readJson(untrusted: string): unknown {
  try {
    return JSON.parse(untrusted);
  } catch {
    return undefined;
  }
}

function volumeOf(row: z.infer<typeof Row>): LogicalVolume {
  const size = bytes(row.lv_size);
  const metadata = bytes(row.lv_metadata_size);
  return {
    size,
    usage: share(size, row.data_percent),
    thinPool: row.pool_lv,
    isThinPool: row.lv_attr.startsWith('t'),
    isActive: row.lv_attr[4] === 'a',
    origin: row.origin,
    metadata: { size: metadata, usage: share(metadata, row.metadata_percent) },
  };
}

function bytes(text: string): number {
  return Number(text.slice(0, -1));
}

function share(size: number, percent: string): number {
  return Math.floor((size / 100) * Number(percent));
}
