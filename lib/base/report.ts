/**
 * Everything machines read: the lines of `--json`, the plan and the report. Every command that
 * lists, verifies, extracts or restores speaks this schema and no other; docs/json.md explains it.
 */
import * as z from 'zod';
import { restorePlan } from './restore-plan.ts';

const bytes = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Where something happened; every field is there only if it is known. */
const place = {
  qube: z.string().optional(),
  part: z.string().optional(),
  /** File inside the backup, such as `vm2/root.img`. */
  file: z.string().optional(),
  /** Number of the chunk in that file, from 0. */
  chunk: z.number().int().nonnegative().optional(),
};

/** `failed`: it could not be put where it belongs, good as it may be. */
export const partStatus = z.enum(['ok', 'damaged', 'missing', 'failed', 'skipped']);

export const partReport = z.strictObject({
  /** `root`, `private`, `firewall.xml`, `notes.txt`, `whitelisted-appmenus.list`, `home`, `empty`. */
  part: z.string(),
  file: z.string(),
  status: partStatus,
  /** Size of the expanded content; of a part that was not read, as the metadata tells it. */
  bytes: bytes.optional(),
  /** Bytes of it that are not holes. */
  dataBytes: bytes.optional(),
  /**
   * Digest of the expanded content, holes as zeros; absent above 64 GiB unless asked for. Of folders
   * and links that of `HomeTree.digest`.
   */
  sha256: sha256.optional(),
  /** Digest of the data extents only; see docs/formats.md for its definition. */
  dataSha256: sha256.optional(),
  chunks: z.number().int().nonnegative().optional(),
  /** Where `extract` put it, relative to the target folder. */
  path: z.string().optional(),
  /** True when an earlier run had finished it and it was found intact. */
  resumed: z.boolean().optional(),
  /** Why it is not ok. */
  reason: z.string().optional(),
});

export const qubeReport = z.strictObject({
  name: z.string(),
  class: z.string(),
  label: z.string(),
  template: z.string().nullable(),
  /** True when the backup has data of it. */
  included: z.boolean(),
  /** True when the choice includes it. */
  selected: z.boolean(),
  /** Bytes its data takes as the backup's metadata tells. */
  size: bytes,
  parts: z.array(partReport),
  /** Name it got; only where qubes are made. */
  newName: z.string().optional(),
  /**
   * What became of it: `restored`; `kept`, but not complete, so that it cannot be started; `removed`
   * again, or `not-made` at all.
   */
  result: z.enum(['restored', 'kept', 'removed', 'not-made']).optional(),
  /** What of its settings could not be set, though the qube is there. */
  notSet: z.array(z.strictObject({ what: z.string(), reason: z.string() })).optional(),
});

export const headerReport = z.strictObject({
  version: z.number().int(),
  backupId: z.string().optional(),
  encrypted: z.boolean(),
  compressed: z.boolean(),
  compressionFilter: z.string().optional(),
  hmacAlgorithm: z.string(),
  cryptoAlgorithm: z.string().optional(),
});

export const infoEvent = z.strictObject({
  type: z.literal('info'),
  archive: z.string(),
  header: headerReport,
  /** Always false: without the passphrase nothing can be verified. */
  verified: z.literal(false),
});

export const planEvent = z.strictObject({
  type: z.literal('plan'),
  command: z.string(),
  archive: z.string(),
  header: headerReport,
  /** Bytes of content that will be read, as the metadata estimates them. */
  totalBytes: bytes.optional(),
  qubes: z.array(qubeReport),
});

export const progressEvent = z.strictObject({
  type: z.literal('progress'),
  /** Bytes of content (holes not counted) that are done, out of `totalBytes`, an estimate. */
  bytes,
  totalBytes: bytes.optional(),
  /** Bytes a second. */
  rate: z.number().nonnegative(),
  secondsLeft: z.number().nonnegative().optional(),
  ...place,
});

export const warningEvent = z.strictObject({
  type: z.literal('warning'),
  code: z.enum(['unstable-machine', 'size-differs', 'not-proven', 'content', 'not-preloaded']),
  message: z.string(),
  ...place,
});

export const errorEvent = z.strictObject({
  type: z.literal('error'),
  code: z.enum([
    'usage',
    'not-readable',
    'wrong-passphrase',
    'damaged',
    'needs',
    'refused',
    'cancelled',
  ]),
  message: z.string(),
  /** The step at which it turned out; docs/json.md lists them. */
  stage: z.string().optional(),
  /** Name of the error in the Admin API. */
  wireName: z.string().optional(),
  hint: z.string().optional(),
  ...place,
});

export const summaryEvent = z.strictObject({
  type: z.literal('summary'),
  command: z.string(),
  archive: z.string(),
  backupId: z.string().optional(),
  /** True when everything that was asked for is there and good. */
  ok: z.boolean(),
  exitCode: z.number().int(),
  seconds: z.number().nonnegative(),
  /** Bytes of the archive that were read. */
  archiveBytes: bytes,
  warnings: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  qubes: z.array(qubeReport),
});

export const reportEvent = z.discriminatedUnion('type', [
  infoEvent,
  planEvent,
  restorePlan,
  progressEvent,
  warningEvent,
  errorEvent,
  summaryEvent,
]);

export type PartStatus = z.infer<typeof partStatus>;
export type PartReport = z.infer<typeof partReport>;
export type QubeReport = z.infer<typeof qubeReport>;
export type QubeResult = NonNullable<QubeReport['result']>;
/** A setting that could not be set, and why. */
export type NotSet = NonNullable<QubeReport['notSet']>[number];
export type HeaderReport = z.infer<typeof headerReport>;
export type InfoEvent = z.infer<typeof infoEvent>;
export type PlanEvent = z.infer<typeof planEvent>;
export type ProgressEvent = z.infer<typeof progressEvent>;
export type WarningEvent = z.infer<typeof warningEvent>;
export type ErrorEvent = z.infer<typeof errorEvent>;
export type SummaryEvent = z.infer<typeof summaryEvent>;
export type ReportEvent = z.infer<typeof reportEvent>;
