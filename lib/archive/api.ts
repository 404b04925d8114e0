/**
 * What the programs and the library's users hold in their hands: an opened backup, and what one can
 * do with it. `openBackup` in `open-backup.ts` gives one.
 */
import type { ErrorCode } from '../base/errors.ts';
import type {
  ErrorEvent,
  HeaderReport,
  PartReport,
  ProgressEvent,
  QubeReport,
  WarningEvent,
} from '../base/report.ts';
import type { BackupMetadata } from './metadata/metadata.ts';
import type { PartSink } from './recover/part-sink.ts';

/** Called as things happen; never throws, never waits. */
export type Listener = (event: ProgressEvent | WarningEvent | ErrorEvent) => void;

export interface Limits {
  /** Bytes of memory the work may take in all (chunks in flight and key derivations). */
  readonly memory: number;
  /** Most bytes one key derivation may take: 128·N·r. */
  readonly kdfMemory: number;
  /** Most work one key derivation may take: N·r·p. */
  readonly kdfCost: number;
}

export interface OpenOptions {
  /** Passphrases to try, in this order. Any UTF-8. */
  readonly passphrases: readonly string[];
  readonly limits?: Partial<Limits>;
  /** How many derivations, and how many files, may be worked on at the same time. */
  readonly jobs?: number;
  /** Used in place of the filter that the backup's header names. */
  readonly compressionFilter?: string;
  /** Folder for the ciphertext of chunks larger than the memory budget, of a stream. */
  readonly scratch?: string;
  /** False when only the header and the metadata will be read: asks the source for no more. */
  readonly everything?: boolean;
  /** Seconds without a byte after which a source counts as stalled. */
  readonly stallTimeout?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
}

/** Which qubes and parts are meant: `QUBE` or `QUBE:PART`; nothing chosen means everything. */
export interface Selection {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface WorkOptions extends Selection {
  /** Digest of the expanded content even above 64 GiB. */
  readonly digest?: boolean;
  /** Stop at the first damaged part. */
  readonly failFast?: boolean;
}

/** How a run ended. Damage does not throw: it is in here. */
export interface Outcome {
  /** True when everything that was asked for is there and good. */
  readonly ok: boolean;
  /** Why not: the gravest kind of all errors that were met. */
  readonly failure?: ErrorCode;
  /** True when the archive was gone through to its end, whatever was found. */
  readonly wholeArchive?: boolean;
  readonly qubes: readonly QubeReport[];
  /** Bytes of the archive's members that were read or passed over. */
  readonly archiveBytes: number;
  readonly warnings: number;
  readonly errors: number;
  readonly seconds: number;
}

export interface RecoverOptions extends WorkOptions {
  /** Files of the backup (`vm2/root.img`) that an earlier run has taken: they are not read again. */
  readonly finished?: ReadonlyMap<string, PartReport>;
}

export interface Backup {
  readonly header: HeaderReport;
  /** Tells this backup from all others. */
  readonly identity: string;
  /** What its `qubes.xml` says. */
  readonly metadata: BackupMetadata;
  /** Every qube the backup knows of; `selected` and `status` follow the choice given to `plan`. */
  plan(selection?: Selection): readonly QubeReport[];
  verify(options?: WorkOptions): Promise<Outcome>;
  /** Writes everything chosen below `folder`, which is made if it is not there. */
  extract(folder: string, options?: WorkOptions): Promise<Outcome>;
  /** Hands everything chosen to `sink`, several parts at the same time, in the order of the archive. */
  recover(sink: PartSink, options?: RecoverOptions): Promise<Outcome>;
  /** The raw bytes of one part, holes as zeros. Throws if it is damaged or missing. */
  cat(qube: string, part: string): AsyncGenerator<Uint8Array, void, undefined>;
  close(): Promise<void>;
}
