import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { cancellationBy } from '../base/cancelled.ts';
import { MemoryBudget } from '../base/memory-budget.ts';
import { DamagedError, NeedsError, NotReadableError } from '../base/errors.ts';
import { formatSize } from '../base/size.ts';
import type { HeaderReport } from '../base/report.ts';
import type { Backup, OpenOptions } from './api.ts';
import type { BackupHeader } from './start/backup-header.ts';
import { MemberCursor, readHeader, readProofAndMetadata } from './start/backup-start.ts';
import { ChunkStore } from './chunk/chunk.ts';
import { trustedFilter } from './compression/compression-filters.ts';
import { findDecompressor } from './compression/decompress.ts';
import { chooseFormat } from './format/choose-format.ts';
import { KeyDerivation } from './chunk/key-derivation.ts';
import { defaultLimits, workingMemory } from './limits.ts';
import { readMetadata } from './start/metadata-reader.ts';
import { OpenedBackup } from './opened-backup.ts';
import type { BackupSource } from './outer/source.ts';
import { guardStall } from './outer/stall.ts';

const DEFAULT_STALL_TIMEOUT = 300;

/** The members at the start of every backup. */
const START = ['backup-header', 'qubes.xml'];

/**
 * Opens a backup: reads its header, proves it genuine with the passphrase, and reads the metadata.
 * The source is closed with the backup, or when this fails.
 * @throws NotReadableError when it is no backup, or its start is damaged; WrongPassphraseError;
 *   NeedsError when a program, or memory for the keys, is missing; CancelledError
 */
export async function openBackup(source: BackupSource, options: OpenOptions): Promise<Backup> {
  const ending = cancellationBy(options.signal);
  let derivation: KeyDerivation | undefined;
  try {
    ending.signal.throwIfAborted();
    return await open(source, options, ending, (made) => (derivation = made));
  } catch (error) {
    ending.abort(error);
    await source.close();
    await derivation?.end();
    // Damage to the start is damage to everything: there are no parts yet that could be good.
    if (!(error instanceof DamagedError)) throw error;
    throw new NotReadableError(error.message, error.facts, { cause: error });
  }
}

/**
 * Reads the header of a backup without a passphrase. Nothing in it is verified.
 * @throws NotReadableError when it is no backup
 */
export async function readInfo(
  source: BackupSource,
  options: Pick<OpenOptions, 'signal' | 'stallTimeout' | 'compressionFilter'> = {},
): Promise<HeaderReport> {
  const { signal } = cancellationBy(options.signal);
  const stallTimeout = options.stallTimeout ?? DEFAULT_STALL_TIMEOUT;
  const entries = guardStall(source.members(START.slice(0, 1), signal), stallTimeout, signal);
  const members = new MemberCursor(entries);
  try {
    return (await readHeader(members, forcedBy(options))).header;
  } finally {
    await members.close();
    await source.close();
  }
}

async function open(
  source: BackupSource,
  options: OpenOptions,
  ending: AbortController,
  onDerivation: (derivation: KeyDerivation) => void,
): Promise<Backup> {
  const { signal } = ending;
  const limits = { ...defaultLimits(), ...options.limits };
  const jobs = options.jobs ?? availableParallelism();
  const stallTimeout = options.stallTimeout ?? DEFAULT_STALL_TIMEOUT;
  const everything = options.everything ?? true;
  const onEvent = options.onEvent ?? (() => undefined);

  const members = new MemberCursor(
    guardStall(source.members(everything ? [] : START, signal), stallTimeout, signal),
  );
  const { header, untrustedHeader } = await readHeader(members, forcedBy(options));
  const working = workingMemory(jobs);
  if (limits.memory <= working) {
    throw new NeedsError(`Cannot work with ${formatSize(limits.memory)} of memory`, {
      hint: `Allow more than ${formatSize(working)} with --memory, or work with fewer --jobs.`,
    });
  }
  const budget = new MemoryBudget(limits.memory - working, jobs);
  const derivation = new KeyDerivation(budget, limits, jobs, signal);
  onDerivation(derivation);
  const format = chooseFormat(header, derivation, (chunk) =>
    onEvent({
      type: 'warning',
      code: 'unstable-machine',
      message:
        `${chunk.name} could only be verified at the second try: ` +
        "this machine's memory or disk makes errors",
    }),
  );
  const decompress = await findDecompressor(filterOf(header), format.padded);
  const start = await readProofAndMetadata(members, format.macBeside);
  const opener = await format.prove({ untrustedHeader, header, ...start }, options.passphrases);
  const document = await readMetadata(
    start.metadata,
    { opener, decompress, lookAhead: () => jobs, signal },
    format.parseMetadata,
  );
  return new OpenedBackup({
    source,
    header,
    identity: header.backupId ?? identityOf(document.xml),
    format,
    members,
    document,
    store: new ChunkStore(budget, jobs, signal, options.scratch),
    opener,
    decompress,
    derivation,
    jobs,
    everything,
    stallTimeout,
    membersRead: start.members,
    signal,
    ending,
    onEvent,
  });
}

/** Before format 4 backups had no id; their metadata tells when each was made. */
function identityOf(xml: Uint8Array): string {
  return `sha256:${createHash('sha256').update(xml).digest('hex')}`;
}

function forcedBy({
  compressionFilter,
}: Pick<OpenOptions, 'compressionFilter'>): Partial<BackupHeader> {
  return compressionFilter === undefined ? {} : { compressionFilter };
}

function filterOf(header: BackupHeader): ReturnType<typeof trustedFilter> | undefined {
  const { compressed, compressionFilter } = header;
  return compressed && compressionFilter !== undefined
    ? trustedFilter(compressionFilter)
    : undefined;
}
