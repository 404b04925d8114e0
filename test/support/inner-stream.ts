import type { Compression, SparseFormat } from './backup-spec.ts';
import { runProgram } from './run-program.ts';

// As Qubes writes an image from a block device: no times, no padding beyond two zero blocks.
const PAX = ['--format=posix', '-b1', '--pax-option=delete=atime,delete=ctime,delete=mtime'];

const SPARSE_OPTIONS: Record<SparseFormat, readonly string[]> = {
  none: [],
  gnu: ['--sparse'],
  'pax-0.0': [...PAX, '--sparse', '--sparse-version=0.0'],
  'pax-0.1': [...PAX, '--sparse', '--sparse-version=0.1'],
  'pax-1.0': [...PAX, '--sparse', '--sparse-version=1.0'],
};

/** `path` of `folder` (a file, or a folder with all that is in it) as `tar` packs it. */
export async function packedTar(
  folder: string,
  path: string,
  sparse: SparseFormat,
  compression: Compression,
): Promise<Uint8Array> {
  const filter = compression === 'none' ? [] : [`--use-compress-program=${compression}`];
  const args = ['-Pc', ...SPARSE_OPTIONS[sparse], ...filter, '-C', folder, path];
  const { stdout } = await runProgram('tar', args, { mustSucceed: true });
  return stdout;
}

/** `bytes` through the program of that name. */
export async function compress(bytes: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === 'none') return bytes;
  const { stdout } = await runProgram(compression, ['-c'], { input: bytes, mustSucceed: true });
  return stdout;
}
