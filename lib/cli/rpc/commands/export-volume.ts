import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { VolumeExport } from '../../../admin/volumes.ts';
import { diskError } from '../../../base/disk-error.ts';
import { NeedsError, systemErrorCode, UsageError } from '../../../base/errors.ts';
import { partialName } from '../../../base/partial-name.ts';
import { printable } from '../../../base/printable.ts';
import { ProgressMeter } from '../../../base/progress.ts';
import { readRange } from '../../../base/read-range.ts';
import { copyContent } from '../../../storage/files/copy-content.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

type ExportRequest = Extract<RequestFor<'volume'>, { action: 'export' }>;
type Place = Readonly<{ qube: string; part: string }>;

/** Bytes of a block as `stat` counts them, whatever the file system's are. */
const BLOCK = 512;
/** Milliseconds between two looks at how far a copy is. */
const LOOK_MS = 250;

/**
 * `volume export`: what a volume holds, as the qube left it when it last shut down. In a file its
 * holes stay holes.
 */
export async function exportVolume(request: ExportRequest, doors: RpcDoors): Promise<void> {
  const { volume, file, force, socket, qrexec } = request;
  if (qrexec || socket !== undefined) {
    throw new UsageError(
      'The Admin API lets nobody read volumes: only those of --root DIR can be',
      {
        hint: 'In Qubes OS, qvm-backup takes the data of qubes out.',
      },
    );
  }
  if (file === '-' && doors.isTerminal) throw new UsageError('Will not write to a terminal');
  if (file !== '-' && !force) await refuseExisting(file);
  const place: Place = { qube: volume.qube, part: volume.name };
  const { volumes } = doors.client.qube(volume.qube);
  const found = await volumes.exportBegin(volume.name);
  try {
    if (file === '-') await toOutput(found, place, doors);
    else await toFile(found.path, file, place, doors);
  } finally {
    await doors.undo.qube(volume.qube).volumes.exportEnd(volume.name, found);
  }
  if (file === '-') return;
  await doors.screen.done({
    ...{ type: 'done', command: 'volume export', qube: volume.qube, name: volume.name },
  });
}

async function refuseExisting(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw diskError(error, 'write', file);
  });
  if (found === undefined) return;
  throw new NeedsError(`Cannot write ${printable(file)}: it exists already`, {
    hint: 'Say --force to replace it.',
  });
}

async function toOutput(
  { path, size: wanted }: VolumeExport,
  place: Place,
  { results, screen }: RpcDoors,
): Promise<void> {
  const handle = await open(path).catch((error: unknown) => {
    throw diskError(error, 'read', path);
  });
  try {
    const facts = await handle.stat();
    // A qube that runs may have a longer volume than the one that was saved.
    const size = facts.isFile() ? facts.size : wanted;
    const meter = new ProgressMeter((event) => screen.progress(event), size);
    for await (const block of readRange(handle, 0, size)) {
      await results.write(block);
      meter.add(block.length, place);
    }
  } finally {
    await handle.close();
  }
}

/** The file gets its name when it is complete. */
async function toFile(
  path: string,
  file: string,
  place: Place,
  { screen, signal }: RpcDoors,
): Promise<void> {
  const partial = join(dirname(file), partialName(basename(file)));
  const copied = new AbortController();
  try {
    await (await open(partial, 'w', 0o600)).close();
    const watching = watch(path, partial, place, screen, copied.signal);
    await copyContent(path, partial, signal);
    copied.abort();
    await watching;
    await synced(partial);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw diskError(error, 'write', file);
  } finally {
    copied.abort();
  }
}

/** Tells how far a copy is, by the blocks it has on the disk. */
async function watch(
  from: string,
  to: string,
  place: Place,
  screen: RpcDoors['screen'],
  end: AbortSignal,
): Promise<void> {
  const meter = new ProgressMeter((event) => screen.progress(event), await bytesOnDisk(from));
  while (!end.aborted) {
    meter.add(Math.max(0, (await bytesOnDisk(to)) - meter.bytes), place);
    await delay(LOOK_MS, undefined, { signal: end }).catch(() => undefined);
  }
}

/** 0 for a file that is not there, as one may be for the moment. */
async function bytesOnDisk(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  return (facts?.blocks ?? 0) * BLOCK;
}

async function synced(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}
