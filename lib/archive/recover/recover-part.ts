import { DamagedError, QubesRpcError, reasonOf, type Stage } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Channel } from '../../base/channel.ts';
import type { Chunk } from '../chunk/chunk.ts';
import type { Decompressor } from '../compression/decompress.ts';
import type { DataBlock, InnerEntry, SparseContent } from '../inner/inner-entry.ts';
import { readInnerTar } from '../inner/inner-tar.ts';
import { isLinkTarget } from './link.ts';
import { EMPTY_PART, HOME_PART, type Part } from './part.ts';
import type { PartSink, TakenContent } from './part-sink.ts';
import type { SealedChunks } from '../chunk/sealed-chunks.ts';
import { wholeFolderEntries } from './whole-folder.ts';

export interface PartTools {
  readonly opener: SealedChunks;
  readonly decompress: Decompressor;
  readonly sink: PartSink;
  /** How many chunks ahead of the current one keys are derived, as things are now. */
  readonly lookAhead: () => number;
  readonly signal: AbortSignal;
  /** Called with the data bytes that were recovered, as they are. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Recovers one part from its chunks, which come in archive order: opened, joined, decompressed,
 * untarred, taken by the sink. Nothing is taken for good before its very end was seen.
 * @returns what was taken, and from how many chunks
 * @throws DamagedError with file, chunk and stage; NeedsError; CancelledError
 */
export async function recoverPart(
  part: Part,
  chunks: Channel<Chunk>,
  tools: PartTools,
): Promise<TakenContent & { readonly chunks: number }> {
  const counter = { chunks: 0 };
  const sealed = openInOrder(chunks, tools, counter);
  try {
    const plain = blame('decompress', tools.decompress(tools.opener.joined(sealed), tools.signal));
    const entries = readInnerTar(plain);
    const taken = await takeEntries(part, entries, tools);
    return { ...taken, chunks: counter.chunks };
  } catch (error) {
    tools.signal.throwIfAborted();
    throw error instanceof QubesRpcError ? error.locate(part) : error;
  } finally {
    await sealed.return();
  }
}

async function takeEntries(
  part: Part,
  entries: AsyncGenerator<InnerEntry, void, undefined>,
  { sink, onBytes }: PartTools,
): Promise<TakenContent> {
  if (part.whole !== undefined) {
    const wanted = wholeFolderEntries(part.file, part.whole, entries);
    return await sink.takeFolder(part, counted(wanted, onBytes));
  }
  if (part.part === HOME_PART) return await sink.takeFolder(part, counted(entries, onBytes));
  const first = await entries.next();
  if (first.done === true) throw unexpected('it is empty');
  const entry = first.value;
  if (part.mayBeFolder === true && entry.type === 'directory') {
    return await sink.takeFolder(part, counted(startingWith(entry, entries), onBytes));
  }
  if (part.mayBeFolder === true && entry.type === 'symlink') {
    return await sink.takeLink(part, await onlyLink(part, entry, entries));
  }
  return await sink.takeFile(part, onlyFile(part, entry, entries, onBytes));
}

/** The joined content of the chunks, each verified before its first byte, numbered from 0. */
async function* openInOrder(
  chunks: Channel<Chunk>,
  tools: PartTools,
  counter: { chunks: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { opener } = tools;
  try {
    for await (const chunk of chunks) {
      opener.prepare(chunk);
      chunk.data().catch(() => undefined);
      prepareNext(chunks, tools);
      // Meanwhile more may have come, above all while the first one is read.
      await chunk.data().catch(() => undefined);
      prepareNext(chunks, tools);
      try {
        if (chunk.number !== counter.chunks) throw outOfOrder(chunk.number, counter.chunks);
        yield* opener.open(chunk);
      } catch (error) {
        throw error instanceof QubesRpcError ? error.locate({ chunk: chunk.number }) : error;
      } finally {
        chunk.drop();
      }
      counter.chunks++;
    }
  } finally {
    for (const chunk of chunks.peek()) chunk.drop();
  }
}

/**
 * Starts on the keys of the chunks that come next, and on reading and verifying the very next one, so
 * that the decompressor never waits for it. It asks for its room after the current one did: where
 * there is only room for one, that must be the current.
 */
function prepareNext(chunks: Channel<Chunk>, { opener, lookAhead }: PartTools): void {
  for (const next of chunks.peek().slice(0, lookAhead())) opener.prepare(next);
  const [next] = chunks.peek();
  // Errors come when it is opened.
  if (next !== undefined) opener.verifyAhead(next);
}

function outOfOrder(number: number, expected: number): DamagedError {
  const text =
    number < expected
      ? `chunk ${number} comes again`
      : `chunk ${expected} is missing, chunk ${number} stands in its place`;
  return new DamagedError(`The file's chunks are not in order: ${text}`, { stage: 'order' });
}

/** Turns plain errors of a stage into damage found there; all others pass through. */
async function* blame(
  stage: Stage,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof QubesRpcError) throw error;
    throw new DamagedError(
      `The data cannot be decompressed: ${printable(reasonOf(error))}`,
      { stage },
      { cause: error },
    );
  }
}

/** The single file a part's tar must hold, whose blocks end only where the whole tar ends well. */
function onlyFile(
  part: Part,
  entry: InnerEntry,
  entries: AsyncGenerator<InnerEntry, void, undefined>,
  onBytes: (bytes: number) => void,
): SparseContent {
  if (entry.type !== 'file') throw unexpected(`it holds a ${entry.type}, not a file`);
  assertNamed(part, entry);
  if (part.part === EMPTY_PART && entry.size > 0) throw unexpected('it should hold no data');
  async function* blocks(): AsyncGenerator<DataBlock, void, undefined> {
    for await (const block of entry.blocks()) {
      yield block;
      onBytes(block.bytes.length);
    }
    await assertEnd(entries);
  }
  return { size: entry.size, blocks };
}

/** The target of the single symlink a part's tar holds. */
async function onlyLink(
  part: Part,
  entry: InnerEntry,
  entries: AsyncGenerator<InnerEntry, void, undefined>,
): Promise<string> {
  assertNamed(part, entry);
  await assertEnd(entries);
  const untrustedTarget = entry.untrustedLinkTarget ?? '';
  if (!isLinkTarget(untrustedTarget)) throw unexpected('it holds a link that leads nowhere');
  return untrustedTarget;
}

function assertNamed(part: Part, entry: InnerEntry): void {
  if (entry.untrustedPath !== part.file) {
    throw unexpected(`it holds "${printable(entry.untrustedPath)}"`);
  }
}

async function assertEnd(entries: AsyncGenerator<InnerEntry, void, undefined>): Promise<void> {
  const next = await entries.next();
  if (next.done !== true) {
    throw unexpected(`it also holds "${printable(next.value.untrustedPath)}"`);
  }
}

async function* startingWith(
  first: InnerEntry,
  others: AsyncIterable<InnerEntry>,
): AsyncGenerator<InnerEntry, void, undefined> {
  yield first;
  yield* others;
}

async function* counted(
  entries: AsyncIterable<InnerEntry>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<InnerEntry, void, undefined> {
  for await (const entry of entries) {
    yield entry;
    onBytes(entry.dataSize);
  }
}

function unexpected(text: string): DamagedError {
  return new DamagedError(`The file's archive is not what it should be: ${text}`, {
    stage: 'tar',
  });
}
