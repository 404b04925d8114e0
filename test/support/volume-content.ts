import { open } from 'node:fs/promises';

import type { Volume } from '../../lib/storage/storage.ts';

/** Writes to a started volume as its qube would, from a position on. */
export async function writeDisk(volume: Volume, text: string, position = 0): Promise<void> {
  await writeAt((await volume.disk()) ?? '', text, position);
}

export async function writeAt(path: string, text: string, position = 0): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(text, position);
  await file.close();
}

/** The beginning of what a started volume holds, without the zeros after it. */
export async function readDisk(volume: Volume): Promise<string> {
  return readStart((await volume.disk()) ?? '');
}

/** The same of what is saved. */
export async function readSaved(volume: Volume): Promise<string> {
  const path = await volume.export();
  try {
    return await readStart(path);
  } finally {
    await volume.exportEnd(path);
  }
}

/** Lets a qube run that writes a text, and stop. */
export async function runWriting(volume: Volume, text: string): Promise<void> {
  await volume.start();
  await writeDisk(volume, text);
  await volume.stop();
}

/** Imports a text as the whole content of a volume. */
export async function importText(volume: Volume, text: string, size: number): Promise<void> {
  await writeAt(await volume.importBegin(size), text);
  await volume.importEnd(true);
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.subarray(0, bytesRead).toString('latin1').replace(/\0+$/, '');
  } finally {
    await file.close();
  }
}
