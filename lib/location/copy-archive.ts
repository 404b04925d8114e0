import { readTarStream } from '../archive/outer/outer-tar.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import { DamagedError, NotReadableError } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';

/**
 * Hands all that comes to `take`. Who sends a backup and is killed ends the stream, too: what begins
 * as an archive must therefore not end in the middle of a member. Anything else is taken as it comes.
 * @throws NotReadableError when nothing comes
 * @throws DamagedError when the archive is broken or cut off
 */
export async function copyArchive(
  request: ByteReader,
  take: (block: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const start = request.position;
  const next = async (): Promise<Uint8Array | undefined> => {
    const block = await untilAborted(request.some(Infinity), signal);
    if (block !== undefined) await take(block);
    return block;
  };
  if (!(await isArchive(next))) while ((await next()) !== undefined);
  if (request.position === start) {
    throw new NotReadableError('No backup has come: the caller has sent nothing');
  }
}

/** Reads to the end of an archive; false when it turns out to be none, somewhere in the source. */
async function isArchive(next: () => Promise<Uint8Array | undefined>): Promise<boolean> {
  const members = readTarStream(blocks(next));
  let begun = false;
  try {
    while ((await members.next()).done !== true) begun = true;
    return true;
  } catch (error) {
    const isOther = error instanceof NotReadableError || error instanceof DamagedError;
    if (begun || !isOther) throw error;
    return false;
  }
}

async function* blocks(
  next: () => Promise<Uint8Array | undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let block = await next(); block !== undefined; block = await next()) yield block;
}
