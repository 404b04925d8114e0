import { QubesRpcError } from '../../base/errors.ts';
import { formatSize, MiB } from '../../base/size.ts';
import type { DataBlock, InnerEntry, SparseContent } from '../inner/inner-entry.ts';
import { parseAppmenus } from '../metadata/appmenus.ts';
import { parseFirewallXml } from '../../base/firewall/rules-xml.ts';
import type { BackupMetadata } from '../metadata/metadata.ts';
import { parseNotes } from '../metadata/notes.ts';
import type { Part } from './part.ts';
import type { PartSink, TakenContent } from './part-sink.ts';
import type { RunReport } from './run-report.ts';

/** Largest document that is understood besides being recovered; real ones have a few kilobytes. */
const MAX_DOCUMENT = 4 * MiB;

const PARSERS: Readonly<Record<string, (bytes: Uint8Array, file: string) => unknown>> = {
  'firewall.xml': parseFirewallXml,
  'notes.txt': parseNotes,
  'whitelisted-appmenus.list': parseAppmenus,
};

/**
 * Looks whether what is recovered makes sense: documents can be read, volumes have the size the
 * metadata tells. It is authentic and complete all the same, so that a doubt is only a warning.
 */
export class ContentCheck implements PartSink {
  readonly #sink: PartSink;
  readonly #metadata: BackupMetadata;
  readonly #report: RunReport;

  constructor(sink: PartSink, metadata: BackupMetadata, report: RunReport) {
    this.#sink = sink;
    this.#metadata = metadata;
    this.#report = report;
  }

  async takeFile(part: Part, content: SparseContent): Promise<TakenContent> {
    const parse = PARSERS[part.part];
    if (parse === undefined) {
      const taken = await this.#sink.takeFile(part, content);
      this.#checkSize(part, content.size);
      return taken;
    }
    const copy = new DocumentCopy(content);
    const taken = await this.#sink.takeFile(part, copy);
    if (copy.bytes !== undefined) this.#checkDocument(part, copy.bytes, parse);
    return taken;
  }

  async takeFolder(part: Part, entries: AsyncIterable<InnerEntry>): Promise<TakenContent> {
    return await this.#sink.takeFolder(part, entries);
  }

  async takeLink(part: Part, untrustedTarget: string): Promise<TakenContent> {
    return await this.#sink.takeLink(part, untrustedTarget);
  }

  async discard(part: Part): Promise<void> {
    await this.#sink.discard(part);
  }

  #checkDocument(
    part: Part,
    bytes: Uint8Array,
    parse: (bytes: Uint8Array, file: string) => unknown,
  ): void {
    try {
      parse(bytes, part.file);
    } catch (error) {
      if (!(error instanceof QubesRpcError)) throw error;
      this.#report.warning({ code: 'content', message: error.message, ...part });
    }
  }

  #checkSize(part: Part, bytes: number): void {
    const expected = this.#metadata.qubes.get(part.qube)?.volumes?.get(part.part)?.size;
    if (expected === undefined || expected === bytes) return;
    this.#report.warning({
      code: 'size-differs',
      message:
        `The volume has ${formatSize(bytes)} (${bytes} bytes), ` +
        `its configuration says ${formatSize(expected)} (${expected})`,
      ...part,
    });
  }
}

/** Keeps a copy of a small file as it streams by. */
class DocumentCopy implements SparseContent {
  readonly size: number;
  /** Undefined if the file is too large. */
  readonly bytes: Uint8Array | undefined;
  readonly #content: SparseContent;

  constructor(content: SparseContent) {
    this.size = content.size;
    this.#content = content;
    if (content.size <= MAX_DOCUMENT) this.bytes = new Uint8Array(content.size);
  }

  async *blocks(): AsyncGenerator<DataBlock, void, undefined> {
    for await (const block of this.#content.blocks()) {
      this.bytes?.set(block.bytes, block.offset);
      yield block;
    }
  }
}
