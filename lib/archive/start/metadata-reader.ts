import { Channel } from '../../base/channel.ts';
import { DamagedError, NotReadableError, QubesRpcError } from '../../base/errors.ts';
import type { Chunk } from '../chunk/chunk.ts';
import { collect } from '../collect.ts';
import { MAX_METADATA_BYTES } from '../limits.ts';
import type { BackupMetadata } from '../metadata/metadata.ts';
import type { Part } from '../recover/part.ts';
import type { PartSink, TakenContent } from '../recover/part-sink.ts';
import { type PartTools, recoverPart } from '../recover/recover-part.ts';

const QUBES_XML: Part = { qube: 'dom0', part: 'qubes.xml', file: 'qubes.xml' };

/** The metadata of a backup, and the document it was read from. */
export interface MetadataDocument {
  readonly metadata: BackupMetadata;
  readonly xml: Uint8Array;
}

/**
 * Recovers and reads `qubes.xml`, the same way as any other part.
 * @param parse how this generation of backups writes it
 * @throws NotReadableError when it is damaged: without it there is nothing to recover by name
 */
export async function readMetadata(
  chunks: readonly Chunk[],
  tools: Omit<PartTools, 'sink' | 'onBytes'>,
  parse: (untrusted: Uint8Array) => BackupMetadata,
): Promise<MetadataDocument> {
  let xml: Uint8Array = new Uint8Array(0);
  const sink: PartSink = {
    takeFile: async (_part, content): Promise<TakenContent> => {
      async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const block of content.blocks()) yield Uint8Array.from(block.bytes);
      }
      xml = await collect(bytes(), MAX_METADATA_BYTES);
      if (xml.length !== content.size) {
        throw new DamagedError('The document has holes', { stage: 'content' });
      }
      return { bytes: xml.length, dataBytes: xml.length };
    },
    takeFolder: () => Promise.reject(new TypeError('qubes.xml is no folder')),
    takeLink: () => Promise.reject(new TypeError('qubes.xml is no link')),
    discard: async () => undefined,
  };
  const channel = new Channel<Chunk>();
  for (const chunk of chunks) await channel.push(chunk);
  channel.end();
  try {
    await recoverPart(QUBES_XML, channel, { ...tools, sink, onBytes: () => undefined });
    return { metadata: parse(xml), xml };
  } catch (error) {
    if (!(error instanceof QubesRpcError) || error.code !== 'damaged') throw error;
    throw new NotReadableError(
      `Cannot read the backup's qubes.xml: ${error.message}`,
      error.facts,
      { cause: error },
    );
  }
}
