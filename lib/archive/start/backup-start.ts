import { NotReadableError, QubesRpcError, reasonOf } from '../../base/errors.ts';
import { type BackupHeader, loadHeader } from './backup-header.ts';
import { type Chunk, heldChunk } from '../chunk/chunk.ts';
import { collect } from '../collect.ts';
import { MAX_HEADER_BYTES, MAX_METADATA_CIPHERTEXT } from '../limits.ts';
import { parseMemberName } from '../outer/member-name.ts';
import type { OuterEntry } from '../outer/outer-entry.ts';

/** The members of an archive, one after another, with one that was taken too early put back. */
export class MemberCursor implements AsyncIterable<OuterEntry> {
  readonly #source: AsyncIterator<OuterEntry>;
  #putBack: OuterEntry | undefined;

  constructor(source: AsyncIterable<OuterEntry>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async next(): Promise<OuterEntry | undefined> {
    const entry = this.#putBack;
    if (entry !== undefined) {
      this.#putBack = undefined;
      return entry;
    }
    const next = await this.#source.next();
    return next.done === true ? undefined : next.value;
  }

  putBack(entry: OuterEntry): void {
    this.#putBack = entry;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OuterEntry, void, undefined> {
    for (let entry = await this.next(); entry !== undefined; entry = await this.next()) yield entry;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** What stands at the start of every archive, as it is: nothing of it has been verified. */
export interface BackupStart {
  readonly untrustedHeader: Uint8Array;
  /** What the header says, in need of the proof. */
  readonly header: BackupHeader;
  readonly untrustedProof: Uint8Array;
  /** Chunks of `qubes.xml`. */
  readonly metadata: readonly Chunk[];
  /** How many members all this takes. */
  readonly members: number;
}

/**
 * Reads `backup-header` alone.
 * @param forced what the person says in place of the header
 * @throws NotReadableError when the archive is no Qubes backup
 */
export async function readHeader(
  members: MemberCursor,
  forced: Partial<BackupHeader>,
): Promise<{ untrustedHeader: Uint8Array; header: BackupHeader }> {
  const untrustedHeader = await smallMember(members, 'backup-header');
  return { untrustedHeader, header: loadHeader(untrustedHeader, forced) };
}

/**
 * Reads the proof of the header and the chunks of `qubes.xml`, which follow it.
 * @param macBeside whether each chunk has its MAC in a member behind it
 * @throws NotReadableError
 */
export async function readProofAndMetadata(
  members: MemberCursor,
  macBeside: boolean,
): Promise<Pick<BackupStart, 'untrustedProof' | 'metadata' | 'members'>> {
  const untrustedProof = await smallMember(members, 'backup-header.hmac');
  const metadata: Chunk[] = [];
  let room = MAX_METADATA_CIPHERTEXT;
  for (;;) {
    const entry = await nextMember(members);
    if (entry === undefined) break;
    const name = parseMemberName(entry.untrustedName);
    if (name?.kind !== 'chunk' || name.file !== 'qubes.xml' || entry.type !== 'file') {
      members.putBack(entry);
      break;
    }
    room -= entry.size;
    if (room < 0) throw new NotReadableError('Cannot read qubes.xml: it is too large');
    const chunk = heldChunk(name.name, name.chunk, await wholeMember(entry));
    metadata.push(
      macBeside
        ? { ...chunk, untrustedMac: await smallMember(members, `${name.name}.hmac`) }
        : chunk,
    );
  }
  if (metadata.length === 0) {
    throw new NotReadableError('Cannot read the backup: qubes.xml does not follow its header');
  }
  return { untrustedProof, metadata, members: 2 + metadata.length * (macBeside ? 2 : 1) };
}

async function smallMember(members: MemberCursor, name: string): Promise<Uint8Array> {
  const entry = await nextMember(members);
  if (entry?.untrustedName !== name || entry.type !== 'file') {
    throw new NotReadableError(
      entry === undefined
        ? `Cannot read the archive: it ends where ${name} should be`
        : `This is not a Qubes backup: ${name} is not where it should be`,
    );
  }
  if (entry.size > MAX_HEADER_BYTES) {
    throw new NotReadableError(
      `Cannot read the backup: ${name} has ${entry.size} bytes, more than ${MAX_HEADER_BYTES}`,
    );
  }
  return await wholeMember(entry);
}

async function wholeMember(entry: OuterEntry): Promise<Uint8Array> {
  const bytes = await collect(entry.data(), entry.size);
  if (bytes.length < entry.size) throw cutOff();
  return bytes;
}

async function nextMember(members: MemberCursor): Promise<OuterEntry | undefined> {
  try {
    return await members.next();
  } catch (error) {
    if (!(error instanceof QubesRpcError) || error.code !== 'damaged') throw error;
    throw new NotReadableError(`Cannot read the archive: ${reasonOf(error)}`, {}, { cause: error });
  }
}

function cutOff(): NotReadableError {
  return new NotReadableError('Cannot read the backup: the archive is cut off at its start');
}
