import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';

import { sinkTo, type ByteSink } from '../base/byte-sink.ts';

/**
 * Descriptor 1 as a sink. Node's own `process.stdout` will not do: it never closes the descriptor,
 * so a caller that waits for the end of the response would wait for the end of the process.
 */
export function stdoutSink(): ByteSink {
  const kind = fstatSync(1);
  const stream =
    kind.isFIFO() || kind.isSocket()
      ? new Socket({ fd: 1, readable: false, writable: true })
      : createWriteStream('', { fd: 1 });
  return sinkTo(stream);
}
