/**
 * The plan of a restore, as data: what `plan` shows, saves as JSON, what a person edits, and what
 * `run` carries out unchanged. docs/json.md explains it.
 */
import * as z from 'zod';

const bytes = z.int().nonnegative();
const text = z.string().max(65_536);
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'is not a name');
const qubeName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,30}$/, 'is not the name of a qube');
/** A qube, or none. */
const reference = qubeName.nullable();

export const restoreProblem = z.strictObject({
  code: z.enum([
    /** Left out by the person's choice. */
    'EXCLUDED',
    /** A qube of that name is there. */
    'ALREADY_EXISTS',
    'MISSING_NETVM',
    'MISSING_TEMPLATE',
    'MISSING_KERNEL',
    /** The host has no such label: the qube becomes red. */
    'MISSING_LABEL',
    /** A qube that one of its properties or devices names is not there: that is left out. */
    'MISSING_QUBE',
    /** A tag that would give the qube rights over others: that is left out. */
    'RIGHTS_LEFT_OUT',
    /** The backup's dom0 user has another name than ours. */
    'USERNAME_MISMATCH',
    /** The qube has no data in the backup, or is of a class that cannot be restored. */
    'NOT_RESTORABLE',
  ]),
  /** A sentence that is safe to show. */
  message: text,
  /** True while it stops the run: no option settled it. */
  blocks: z.boolean(),
});

export const plannedVolume = z.strictObject({
  name: word,
  /** Size of the volume, as the backup's metadata tells it. */
  bytes: bytes.optional(),
  /** Where the volume goes; absent: where the host puts such volumes. */
  pool: word.optional(),
});

export const plannedDevice = z.strictObject({
  bus: word,
  /** A qube of the host after the restore, by its new name; absent for any. */
  backendDomain: qubeName.optional(),
  portId: word,
  /** `*` for any device on that port. */
  identity: word,
  mode: z.enum(['required', 'auto-attach', 'ask-to-attach', 'manual']),
  options: z.record(word, text),
});

export const plannedQube = z.strictObject({
  /** Name in the backup. */
  name: qubeName,
  /** Name it gets. */
  newName: qubeName,
  action: z.enum(['restore', 'skip']),
  /** An earlier run that broke off has made it: it is gone on with, not made anew. */
  resumes: z.boolean().optional(),
  class: word,
  label: word,
  /** By its name after the restore. */
  template: reference,
  /** Bytes its data takes as the backup's metadata tells. */
  size: bytes,
  /** Volumes whose content is in the backup. */
  volumes: z.array(plannedVolume),
  /** Properties that are set, but references to qubes; null stands for none. */
  properties: z.record(word, text.nullable()),
  /** Properties that name a qube, by its name after the restore: set when all qubes are there. */
  references: z.record(word, reference),
  features: z.record(word, text),
  tags: z.array(word),
  devices: z.array(plannedDevice),
  problems: z.array(restoreProblem),
});

export const plannedHome = z.strictObject({
  /** User whose home it was. */
  user: word,
  action: z.enum(['restore', 'skip']),
  size: bytes,
  problems: z.array(restoreProblem),
});

export const plannedPool = z.strictObject({
  name: word,
  /** Bytes that the volumes which go there take at most: all of their size, or all the data they have. */
  needed: bytes,
  /** Bytes; absent where the pool does not tell. */
  free: bytes.optional(),
});

export const restorePlan = z.strictObject({
  type: z.literal('restore-plan'),
  version: z.literal(1),
  archive: z.string(),
  /** Tells this backup from all others. */
  backup: z.string(),
  /** In the order of the backup; templates, then disposable templates, then the rest are made first. */
  qubes: z.array(plannedQube),
  home: plannedHome.optional(),
  pools: z.array(plannedPool),
  /** True: it is carried out even where a pool has less free than is needed. */
  ignoreSizeLimit: z.boolean(),
});

export type RestoreProblem = z.infer<typeof restoreProblem>;
export type PlannedVolume = z.infer<typeof plannedVolume>;
export type PlannedDevice = z.infer<typeof plannedDevice>;
export type PlannedQube = z.infer<typeof plannedQube>;
export type PlannedHome = z.infer<typeof plannedHome>;
export type PlannedPool = z.infer<typeof plannedPool>;
export type RestorePlan = z.infer<typeof restorePlan>;
