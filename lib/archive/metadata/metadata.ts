import * as z from 'zod';
import { HOME_FOLDER, QUBE_FOLDER, QUBE_NAME } from '../outer/backup-folder.ts';

/** A name people or programs chose (property, feature, tag): no blanks, no control characters. */
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'is not a name');
/** How long a text may be is bounded by the size of the document. */
const text = z.string();
const size = z.int('is not a size').nonnegative('is not a size');

/** Accepts the name of a qube, by the rule of the Admin API. */
export const qubeName = z
  .string('is missing')
  .regex(new RegExp(`^${QUBE_NAME}$`), 'is not the name of a qube')
  .refine((name) => name !== 'Domain-0', 'is not the name of a qube');

/** Accepts the global properties. */
export const globalProperties = z.map(word, text.nullable()).readonly();

/** Accepts the colour and name of a label, or says what is wrong. */
export const backupLabel = z
  .strictObject({
    name: word,
    color: z.string('is missing').regex(/^0x[0-9A-Fa-f]{6}$/, 'is not a colour'),
  })
  .readonly();

/** Accepts a device assignment. */
export const backupDevice = z
  .strictObject({
    /** `pci`, `block`, `usb`, `mic`… */
    bus: word,
    /** The qube that has the device; undefined for any. */
    backendDomain: qubeName.optional(),
    /** `00_14.3`, `sda1`…; `*` for any port. */
    portId: word,
    /** Which device it must be, as the Admin API spells it; `*` for any on that port. */
    identity: word,
    mode: z.enum(['required', 'auto-attach', 'ask-to-attach', 'manual'], 'is not known'),
    options: z.map(word, text).readonly(),
  })
  .readonly();

/** Accepts the configuration of a volume. */
export const backupVolume = z
  .strictObject({
    name: z
      .string('is missing')
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'is not the name of a volume'),
    /** Bytes; undefined where the pool decides (kernels). */
    size: size.optional(),
    /** Changes outlive a shutdown: such volumes are in the backup. */
    saveOnStop: z.boolean(),
    snapOnStart: z.boolean(),
    rw: z.boolean(),
    /** The volume it starts from, in its pool's terms. */
    source: text.optional(),
  })
  .readonly();

const backupContent = z
  .strictObject({
    /** The metadata says that the qube was backed up. */
    included: z.boolean(),
    /** `vm2`, `dom0-home/user`, without a slash at the end; undefined: it has no files. */
    path: z
      .string()
      .regex(new RegExp(`^(?:${QUBE_FOLDER}|${HOME_FOLDER})$`), 'is no place in a backup')
      .optional(),
    /** Bytes, estimated when the backup was made: good for progress, not for limits. */
    size,
    /** The files are one member, the folder as it is (`vm9/.`): templates before Qubes 4. */
    wholeFolder: z.boolean(),
  })
  .readonly();

/** Accepts one qube. */
export const backupQube = z
  .strictObject({
    name: qubeName,
    /** `AppVM`, `TemplateVM`, `StandaloneVM`, `DispVM`, `AdminVM`, or what later versions add. */
    class: z.string('is missing').regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'is not a class'),
    /** The label's name, never its id. */
    label: word,
    template: qubeName.nullable(),
    /** Those that were set; null stands for none. Without name, label, template, qid and uuid. */
    properties: z.map(word, text.nullable()).readonly(),
    /** `''` stands for false. Without those that tell of the backup itself. */
    features: z.map(word, text).readonly(),
    tags: z.set(word).readonly(),
    devices: z.array(backupDevice).readonly(),
    /** By name; undefined where the metadata does not tell (before Qubes 4). */
    volumes: z.map(text, backupVolume).readonly().optional(),
    backup: backupContent,
  })
  .readonly();

export type BackupLabel = z.infer<typeof backupLabel>;
export type BackupDevice = z.infer<typeof backupDevice>;
export type BackupVolume = z.infer<typeof backupVolume>;
/** One qube as the metadata of a backup tells it. */
export type BackupQube = z.infer<typeof backupQube>;

/** What `qubes.xml` of a backup says, whatever generation of Qubes wrote it. */
export interface BackupMetadata {
  /** Global properties; null stands for none. */
  readonly globals: ReadonlyMap<string, string | null>;
  /** By id. */
  readonly labels: ReadonlyMap<string, BackupLabel>;
  /** By name, in the order of the document: all that the system had, backed up or not. */
  readonly qubes: ReadonlyMap<string, BackupQube>;
  /** What could not be understood and was left out; each a sentence that is safe to show. */
  readonly warnings: readonly string[];
}
