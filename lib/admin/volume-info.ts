import * as z from 'zod/mini';

import { pair } from './qube-facts.ts';
import { replyLines, unreadable } from './reply-text.ts';

/** A volume as `admin.vm.volume.Info` tells of it. */
export interface VolumeInfo {
  readonly pool: string;
  /** Its name in the pool: `appvms/work/private`. */
  readonly vid: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes it takes on the disk. */
  readonly usage: number;
  readonly rw: boolean;
  /** Volume it begins from at each start; empty for none. */
  readonly source: string;
  readonly path: string;
  readonly saveOnStop: boolean;
  readonly snapOnStart: boolean;
  /** -1 where changes go right into the volume. */
  readonly revisionsToKeep: number;
  readonly ephemeral: boolean;
  /** Whether what runs began from an older state of the source; absent where nobody knows. */
  readonly outdated?: boolean | undefined;
}

const METHOD = 'admin.vm.volume.Info';

const text = z.string();
const bytes = z.pipe(
  text.check(z.regex(/^\d{1,16}$/)),
  z.transform((digits) => Number(digits)),
);
const truth = z.pipe(
  z.enum(['True', 'False']),
  z.transform((word) => word === 'True'),
);

const Info = z.object({
  pool: text,
  vid: text,
  size: bytes,
  usage: bytes,
  rw: truth,
  source: text,
  path: z._default(text, ''),
  save_on_stop: truth,
  snap_on_start: truth,
  revisions_to_keep: z.pipe(
    text.check(z.regex(/^-?\d{1,9}$/)),
    z.transform((digits) => Number(digits)),
  ),
  ephemeral: z._default(truth, false),
  is_outdated: z.optional(truth),
});

/**
 * Reads `pool=varlibqubes`, `size=2147483648`…, a line each. Facts that we do not know are left out.
 * @throws NeedsError
 */
export function parseVolumeInfo(untrustedText: string): VolumeInfo {
  const parsed = Info.safeParse(Object.fromEntries(replyLines(untrustedText).map(pair)));
  if (!parsed.success) throw unreadable(METHOD, untrustedText);
  const { save_on_stop, snap_on_start, revisions_to_keep, is_outdated, ...facts } = parsed.data;
  return {
    ...facts,
    saveOnStop: save_on_stop,
    snapOnStart: snap_on_start,
    revisionsToKeep: revisions_to_keep,
    outdated: is_outdated,
  };
}
