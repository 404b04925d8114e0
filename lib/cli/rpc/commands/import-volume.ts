import { type FileHandle, open } from 'node:fs/promises';

import { diskError } from '../../../base/disk-error.ts';
import { ProgressMeter } from '../../../base/progress.ts';
import { MiB } from '../../../base/size.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

type ImportRequest = Extract<RequestFor<'volume'>, { action: 'import' }>;

/**
 * `volume import`: replaces the content of a volume. The volume gets the size of the data where that
 * is known, of a file or by --size; else the data must have the size of the volume. Until all has
 * come the volume keeps its old content.
 */
export async function importVolume(
  { volume: { qube, name }, file, size: wanted }: ImportRequest,
  { client, screen, stdin, importFile }: RpcDoors,
): Promise<void> {
  const { volumes } = client.qube(qube);
  const handle = file === '-' ? undefined : await openFile(file);
  try {
    const facts = await handle?.stat();
    // A device, or a pipe, does not say how long it is.
    const isPlain = handle !== undefined && facts?.isFile() === true;
    const size = wanted ?? (isPlain ? facts.size : undefined);
    const total = size ?? (await volumes.info(name)).size;
    const meter = new ProgressMeter((event) => screen.progress(event), total);
    const place = { qube, part: name };
    if (isPlain && size !== undefined && importFile !== undefined) {
      const onBytes = (done: number): void => meter.add(done - meter.bytes, place);
      await importFile({ qube, volume: name, file: handle, size, onBytes });
      meter.bytes = size;
    } else {
      const data = handle === undefined ? stdin : contentOf(handle, file);
      await volumes.import(name, metered(data, meter, place), size);
    }
    meter.emit(place);
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

async function* contentOf(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* handle.createReadStream({ autoClose: false, highWaterMark: MiB });
  } catch (error) {
    throw diskError(error, 'read', path);
  }
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
}
