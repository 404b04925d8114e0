import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The least that makes a file durable: write a new one, fsync, rename, fsync the folder, with
 * nothing of Node's between the calls of the system.
 * @returns times in a second
 */
export function bareWriteRate(path: string, bytes: Uint8Array, seconds: number): number {
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < 1000 * seconds) {
    const file = openSync(`${path}.new`, 'w', 0o660);
    writeSync(file, bytes);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.new`, path);
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    count++;
  }
  return (1000 * count) / (performance.now() - begin);
}
