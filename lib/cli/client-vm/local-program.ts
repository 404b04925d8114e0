import { constants } from 'node:os';
import { basename, resolve } from 'node:path';

import { execa } from 'execa';

import { sinkTo } from '../../base/byte-sink.ts';
import type { CallEnd } from './call-end.ts';

/** What it ends with that could not be executed. */
const NOT_EXECUTED = 255;

/**
 * Starts the program that gets the streams of a call. Ours it has besides: descriptors that
 * `SAVED_FD_0` and `SAVED_FD_1` name.
 * @param local path and arguments
 */
export function startLocal([file = '', ...args]: readonly string[]): CallEnd {
  const child = execa(resolve(file), args, {
    argv0: basename(file),
    env: { SAVED_FD_0: '3', SAVED_FD_1: '4', QREXEC_AGENT_PID: String(process.pid) },
    stdio: ['pipe', 'pipe', 'inherit', 0, 1],
    buffer: false,
    reject: false,
  });
  // Else what it has said is thrown away at its end, if nobody has begun to read.
  child.stdout.on('readable', () => undefined);
  const sink = sinkTo(child.stdin);
  return {
    from: child.stdout as AsyncIterable<Uint8Array>,
    take: sink.write,
    complete: sink.end,
    status: child.then(({ exitCode, signal }) =>
      signal === undefined ? (exitCode ?? NOT_EXECUTED) : 128 + constants.signals[signal],
    ),
  };
}
