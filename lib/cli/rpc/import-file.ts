import type { FileHandle } from 'node:fs/promises';

import { parseReply } from '../../admin/frames.ts';
import type { Transport } from '../../admin/transport.ts';
import { stopIfCancelled } from '../../base/cancelled.ts';
import { createLog } from '../../base/log.ts';
import { fileSource, type ImportSource } from '../import/import-source.ts';
import { importFrom } from '../import/import-volume.ts';

/** A plain file that becomes the content of a volume. */
export interface FileImport {
  readonly qube: string;
  readonly volume: string;
  readonly file: FileHandle;
  /** Bytes that the volume gets, and the file must have. */
  readonly size: number;
  /** Told how many bytes of the file are done with; holes count when they are passed. */
  readonly onBytes: (done: number) => void;
}

/** Imports a file without a service in between, which would have to be sent its holes. */
export type ImportFile = (task: FileImport) => Promise<void>;

/**
 * Imports files where the pools are folders of ours.
 * @param host its daemon, with the internal calls
 */
export function fileImporter(host: Transport, signal: AbortSignal): ImportFile {
  return async ({ qube, volume, file, size, onBytes }) => {
    const source = observed(fileSource(file.fd, 0), onBytes);
    const place = { host, destination: qube, argument: volume, signal, log: createLog() };
    const reply = await importFrom(source, String(size), place);
    stopIfCancelled(signal);
    parseReply(reply);
  };
}

function observed(source: ImportSource, onBytes: (done: number) => void): ImportSource {
  return {
    amount: () => source.amount(),
    async *blocks(size) {
      for await (const block of source.blocks(size)) {
        yield block;
        onBytes(block.offset + block.bytes.length);
      }
    },
  };
}
