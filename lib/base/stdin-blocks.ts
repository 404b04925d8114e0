import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';

import { MiB } from './size.ts';

const STDIN = 0;
const BUFFER_SIZE = MiB;
/** More is not read ahead. */
const MAX_FULL = 2;

/**
 * Standard input, as it comes. Of a pipe or socket it is read into large buffers that are used up
 * piece by piece: Node's own stream takes a new one of 64 KiB for each read, at twice the cost.
 */
export function stdinBlocks(): AsyncIterable<Uint8Array> {
  const stats = fstatSync(STDIN);
  return stats.isFIFO() || stats.isSocket() ? pipeBlocks(STDIN) : process.stdin;
}

async function* pipeBlocks(fd: number): AsyncGenerator<Uint8Array, void, undefined> {
  /** Full ones that are not handed out yet, what of them is left. */
  const full: Uint8Array[] = [];
  let buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  let filled = 0;
  let taken = 0;
  let end: { readonly error: Error | undefined } | undefined;
  let wake = (): void => undefined;
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: () => buffer.subarray(filled),
      callback: (count) => {
        filled += count;
        if (filled === buffer.length) {
          full.push(buffer.subarray(taken));
          buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
          filled = taken = 0;
        }
        wake();
        return full.length < MAX_FULL;
      },
    },
  };
  const socket = new Socket(options);
  const endWith = (error?: Error): void => {
    end ??= { error };
    wake();
  };
  socket.on('error', endWith);
  socket.on('close', () => endWith());
  try {
    for (;;) {
      const block = full.shift() ?? (taken < filled ? buffer.subarray(taken, filled) : undefined);
      if (block !== undefined) {
        if (block.buffer === buffer.buffer) taken = filled;
        yield block;
      } else if (end === undefined) {
        // It stands still at the beginning, and whenever there was enough.
        socket.resume();
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (end.error === undefined) return;
      else throw end.error;
    }
  } finally {
    socket.destroy();
  }
}
