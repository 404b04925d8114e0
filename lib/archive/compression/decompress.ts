import { execa } from 'execa';
import { pipeline } from 'node:stream/promises';
import { NeedsError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { findProgram } from '../../base/program.ts';
import type { CompressionFilter } from './compression-filters.ts';
import { gunzip } from './gunzip.ts';

/** Enough of a program's complaint for an error message. */
const MAX_COMPLAINT = 1024;

/** Turns compressed bytes into plain ones; ends with an error unless the stream ends cleanly. */
export type Decompressor = (
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>;

/**
 * The decompressor of a filter, after a look whether its program is there.
 * @param filter undefined for an uncompressed backup
 * @param padded whether zeros may follow the compressed data (format 3 pads)
 * @throws NeedsError when the program is missing, naming the package that brings it
 */
export async function findDecompressor(
  filter: CompressionFilter | undefined,
  padded: boolean,
): Promise<Decompressor> {
  if (filter === undefined) return (source) => source;
  if (filter.builtIn) return (source) => gunzip(source, padded);
  const program = await findProgram(filter.program);
  if (program === undefined) {
    const { debian, fedora } = filter.packages ?? {};
    throw new NeedsError(
      `Cannot decompress this backup: the program ${printable(filter.program)} is not installed`,
      debian === undefined
        ? {}
        : { hint: `Install the package ${debian} (Debian) or ${String(fedora)} (Fedora).` },
    );
  }
  return (source, signal) => runFilter(program, filter.decompressArguments, source, signal);
}

async function* runFilter(
  program: string,
  options: readonly string[],
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = execa(program, options, { buffer: false, reject: false, encoding: 'buffer' });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString('latin1')).slice(0, MAX_COMPLAINT);
  });
  let sourceFault: unknown;
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* source;
    } catch (error) {
      sourceFault = error;
      throw error;
    }
  }
  // A program that ends before its input does breaks the pipe: its exit code tells why.
  const feeding = pipeline(watched(), child.stdin).catch(() => undefined);
  try {
    for await (const block of child.stdout) yield block as Uint8Array;
    await feeding;
    const { exitCode } = await child;
    signal.throwIfAborted();
    if (sourceFault !== undefined) throw sourceFault as Error;
    if (exitCode !== 0) throw new Error(`${program}: ${printable(complaint.trim()) || 'failed'}`);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}
