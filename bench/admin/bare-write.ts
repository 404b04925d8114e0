import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The least that makes a file durable: write a new one, fsync, rename, fsync the folder. As a server
 * has to do it, which serves others meanwhile: by Node's asynchronous calls.
 * @returns times in a second
 */
export async function bareWriteRate(
  path: string,
  bytes: Uint8Array,
  seconds: number,
): Promise<number> {
  const folder = await open(dirname(path), 'r');
  const rate = await repeat(seconds, async () => {
    const file = await open(`${path}.new`, 'w', 0o660);
    await file.write(bytes);
    await file.sync();
    await rename(`${path}.new`, path);
    await folder.sync();
    await file.close();
  });
  await folder.close();
  return rate;
}

/** The same by calls that block, with nothing of Node's between them: nobody is served meanwhile. */
export async function blockingWriteRate(
  path: string,
  bytes: Uint8Array,
  seconds: number,
): Promise<number> {
  const folder = openSync(dirname(path), 'r');
  const rate = await repeat(seconds, () => {
    const file = openSync(`${path}.new`, 'w', 0o660);
    writeSync(file, bytes);
    fsyncSync(file);
    renameSync(`${path}.new`, path);
    fsyncSync(folder);
    closeSync(file);
  });
  closeSync(folder);
  return rate;
}

async function repeat(seconds: number, work: () => Promise<void> | void): Promise<number> {
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < 1000 * seconds) {
    await work();
    count++;
  }
  return (1000 * count) / (performance.now() - begin);
}
