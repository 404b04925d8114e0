import type { FileHandle } from 'node:fs/promises';
import { DamagedError, systemErrorCode } from './errors.ts';

/**
 * `file.read`, for files on media that may be bad: a place that cannot be read is damage there, no
 * fault of the program.
 * @throws DamagedError, stage `source`
 */
export async function readAt(
  file: FileHandle,
  into: Uint8Array,
  start: number,
  length: number,
  position: number,
): Promise<{ readonly bytesRead: number }> {
  try {
    return await file.read(into, start, length, position);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const reason = code === 'EIO' ? 'the disk reports an input/output error' : code;
    throw new DamagedError(
      `Cannot read the file at byte ${position}: ${reason}`,
      { stage: 'source' },
      { cause: error },
    );
  }
}
