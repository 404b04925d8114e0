import { once } from 'node:events';
import { closeSync, createWriteStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

import { sinkTo, type ByteSink } from '../base/byte-sink.ts';
import { writeFully } from '../base/write-sync.ts';

const STDOUT = 1;

/** So much a pipe takes at once (PIPE_BUF), if nothing is in it. */
const SHORT = 4096;

/**
 * Descriptor 1 as a sink. Node's own `process.stdout` will not do: it never closes the descriptor,
 * so a caller that waits for the end of the response would wait for the end of the process.
 */
export function stdoutSink(): ByteSink {
  let stream: ByteSink | undefined;
  let isWritten = false;
  return {
    write: async (bytes) => {
      // Most answers are one short block. A stream would take a fifth of the start of a service.
      const isShort = stream === undefined && !isWritten && bytes.length <= SHORT;
      isWritten = true;
      if (isShort) writeFully(STDOUT, bytes);
      else await (stream ??= openStream()).write(bytes);
    },
    end: async () => {
      await stream?.end();
      // Streams over the descriptors 0 to 2 leave them open when they close. The number must not
      // become free: a file opened later would be taken for stdout.
      closeSync(STDOUT);
      openSync('/dev/null', 'w');
    },
  };
}

function openStream(): ByteSink {
  const kind = fstatSync(STDOUT);
  const isPipe = kind.isFIFO() || kind.isSocket();
  const stream = isPipe
    ? new Socket({ fd: STDOUT, readable: false, writable: true })
    : createWriteStream('', { fd: STDOUT, autoClose: false });
  const sink = sinkTo(stream);
  return {
    write: sink.write,
    end: async () => {
      await sink.end();
      if (isPipe && !stream.closed) await once(stream, 'close');
    },
  };
}
