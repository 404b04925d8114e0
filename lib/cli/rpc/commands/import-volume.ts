import { type FileHandle, open } from 'node:fs/promises';

import { diskError } from '../../../base/disk-error.ts';
import { ProgressMeter } from '../../../base/progress.ts';
import { readRange } from '../../../base/read-range.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

type ImportRequest = Extract<RequestFor<'volume'>, { action: 'import' }>;

/** Bytes that are to come, and how many, if that is known. */
interface Source {
  readonly data: AsyncIterable<Uint8Array>;
  readonly size: number | undefined;
}

/**
 * `volume import`: replaces the content of a volume. The volume gets the size of the data where that
 * is known, of a file or by --size; else the data must have the size of the volume. Until all has
 * come the volume keeps its old content.
 */
export async function importVolume(
  { volume: { qube, name }, file, size: wanted }: ImportRequest,
  { client, screen, stdin }: RpcDoors,
): Promise<void> {
  const { volumes } = client.qube(qube);
  const handle = file === '-' ? undefined : await openFile(file);
  try {
    const source = handle === undefined ? { data: stdin, size: undefined } : await sourceOf(handle);
    const size = wanted ?? source.size;
    const total = size ?? (await volumes.info(name)).size;
    const meter = new ProgressMeter((event) => screen.progress(event), total);
    await volumes.import(name, metered(source.data, meter, { qube, part: name }), size);
  } finally {
    await handle?.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw diskError(error, 'read', path);
  }
}

/** Only of a plain file it is known how long it is; a device may have any size. */
async function sourceOf(handle: FileHandle): Promise<Source> {
  const facts = await handle.stat();
  if (!facts.isFile())
    return { data: handle.createReadStream({ autoClose: false }), size: undefined };
  return { data: readRange(handle, 0, facts.size), size: facts.size };
}

async function* metered(
  data: AsyncIterable<Uint8Array>,
  meter: ProgressMeter,
  place: { readonly qube: string; readonly part: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const block of data) {
    yield block;
    meter.add(block.length, place);
  }
  meter.emit(place);
}
