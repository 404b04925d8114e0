import { collect } from '../../archive/collect.ts';
import { parseReply } from '../../admin/frames.ts';
import type { Transport } from '../../admin/transport.ts';
import { ProtocolError } from '../../base/admin-error.ts';
import type { ByteReader } from '../../base/byte-reader.ts';
import {
  NeedsError,
  QubesRpcError,
  reasonOf,
  systemErrorCode,
  UsageError,
} from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { stopIfCancelled } from '../../base/cancelled.ts';
import type { FileWriter } from '../../base/file-writer.ts';
import { KiB } from '../../base/size.ts';
import { readLine } from '../../rpc/read-line.ts';
import { openVolumeWriter, writeVolume } from '../../storage/write-volume.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { filePosition, fileSource, STDIN, streamSource } from './import-source.ts';
import type { ImportSource } from './import-source.ts';

/** The line with the size of `ImportWithSize`. */
const MAX_SIZE_DIGITS = 20;
const MAX_REPLY_BYTES = 64 * KiB;

/** The volume that an import is about, and what it needs. */
export interface ImportPlace {
  /** The internal socket of the host, as the caller. */
  readonly host: Transport;
  readonly destination: string;
  /** Name of the volume. */
  readonly argument: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** One import whose content is standard input. */
export interface ImportTask extends ImportPlace {
  /** Whether a line with the size comes before the content. */
  readonly hasSize: boolean;
  readonly request: ByteReader;
}

/**
 * Imports a volume from standard input.
 * @returns the reply for the caller, whole
 * @throws AdminError, NeedsError when the host cannot be asked
 */
export async function importVolume(task: ImportTask): Promise<Uint8Array> {
  const position = await filePosition();
  const wanted = task.hasSize ? await readSize(task.request) : '';
  const source =
    position === undefined
      ? streamSource(task.request)
      : fileSource(STDIN, position + task.request.position);
  return importFrom(source, wanted, task);
}

/**
 * Imports a volume: asks the host where to, writes what comes in there, and tells the host how it
 * went. The host never carries the content.
 * @param wanted bytes of the new content in decimal; empty for those of the volume
 * @returns and throws what `importVolume` does
 */
export async function importFrom(
  source: ImportSource,
  wanted: string,
  task: ImportPlace,
): Promise<Uint8Array> {
  const begun = await ask(task, 'ImportBegin', wanted);
  if (begun[0] === ERROR) return begun;
  const { size, path } = parseTarget(parseReply(begun));
  // It stays open until the end: by that the host knows that somebody is at work.
  let writer: FileWriter | undefined;
  let failure: string | undefined;
  try {
    writer = await openVolumeWriter(path);
    await untilAborted(copy(writer, source, size, task.signal), task.signal);
  } catch (error) {
    failure = tellFailure(error, task.log);
    await writer?.close();
    writer = undefined;
  }
  const ended = await ask(task, 'ImportEnd', failure === undefined ? 'ok' : `fail\n${failure}`);
  await writer?.close();
  return ended;
}

const ERROR = 0x32;

/** @throws ProtocolError, as the host would judge it */
async function readSize(request: ByteReader): Promise<string> {
  try {
    const line = await readLine(request, MAX_SIZE_DIGITS);
    if (line !== '') return line;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ProtocolError('Size of new data is bigger than 19 decimal digits', { cause: error });
  }
  // Without one the host would take the size of the volume.
  throw new ProtocolError('Size of new data contains non ASCII digits');
}

async function ask(
  { host, destination, argument }: ImportPlace,
  half: 'ImportBegin' | 'ImportEnd',
  payload: string,
): Promise<Uint8Array> {
  const request = {
    method: `internal.vm.volume.${half}`,
    argument,
    destination,
    payload: Buffer.from(payload),
  };
  // Not the signal of the task: what has begun is ended in order.
  const reply = await collect(host.send(request, new AbortController().signal), MAX_REPLY_BYTES);
  if (reply.length === 0) parseReply(reply);
  return reply;
}

/** `SIZE PATH`. */
function parseTarget(reply: Uint8Array): { readonly size: number; readonly path: string } {
  const [, size, path] = /^(\d{1,16}) (\/.+)$/s.exec(new TextDecoder().decode(reply)) ?? [];
  if (size === undefined || path === undefined) {
    throw new NeedsError('The daemon did not say where the volume is to be written');
  }
  return { size: Number(size), path };
}

/** @throws WrongAmount */
async function copy(
  writer: FileWriter,
  source: ImportSource,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  await writeVolume(writer, source.blocks(size), signal);
  const amount = await source.amount();
  stopIfCancelled(signal);
  if (amount < size) {
    throw new WrongAmount(`not enough data (copied ${amount} bytes, expected ${size} bytes)`);
  }
  if (amount > size) throw new WrongAmount(`too much data (expected ${size} bytes)`);
}

/** Too few bytes, or too many. */
class WrongAmount extends Error {}

/** In the words of the reference, and in our own what exactly it was. */
function tellFailure(error: unknown, log: Logger): string {
  if (error instanceof WrongAmount) return error.message;
  const isKnown = error instanceof QubesRpcError || systemErrorCode(error) !== undefined;
  if (!isKnown) log.error({ err: error }, 'Internal error');
  const reason = isKnown ? `: ${reasonOf(error)}` : '';
  return `error copying data${reason}`.replace(/[^\x20-\x7e]/g, '_');
}
