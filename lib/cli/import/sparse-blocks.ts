import { execa } from 'execa';

import type { DataBlock } from '../../archive/inner/inner-entry.ts';
import { readInnerTar } from '../../archive/inner/inner-tar.ts';
import { NeedsError } from '../../base/errors.ts';

/**
 * The data of an open file, without its holes. Node cannot ask where these are;
 * GNU tar can, and puts what it finds out before the data.
 * @param begin bytes of the file that are passed over
 * @param length bytes that are wanted
 * @throws NeedsError when tar is missing or fails
 */
export async function* sparseBlocks(
  fd: number,
  begin: number,
  length: number,
): AsyncGenerator<DataBlock, void, undefined> {
  const tar = execa(
    'tar',
    [
      ...['--create', '--file=-', '--format=posix', '--sparse', '--hole-detection=seek'],
      ...['--dereference', `--directory=/proc/${process.pid}/fd`, String(fd)],
    ],
    { stdin: 'ignore', buffer: { stdout: false }, reject: false, encoding: 'buffer' },
  );
  for await (const entry of readInnerTar(tar.stdout)) {
    for await (const block of entry.blocks()) {
      const start = Math.max(begin, block.offset);
      const end = Math.min(begin + length, block.offset + block.bytes.length);
      if (start >= end) continue;
      const bytes = block.bytes.subarray(start - block.offset, end - block.offset);
      yield { offset: start - begin, bytes };
    }
  }
  const { failed, stderr } = await tar;
  if (failed) throw new NeedsError(`tar failed: ${new TextDecoder().decode(stderr).trim()}`);
}
