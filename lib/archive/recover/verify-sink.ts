import type { ContentSummary } from '../inner/content-digest.ts';
import { verifyHome } from './home-folder.ts';
import { type ContentOptions, takeContent } from '../inner/take-content.ts';
import { takenLink } from './link.ts';
import type { Part } from './part.ts';
import type { PartSink, TakenContent } from './part-sink.ts';

/** Takes everything in, digests it, and keeps nothing. */
export class VerifySink implements PartSink {
  readonly #options: ContentOptions;

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  async takeFile(
    _part: Part,
    content: Parameters<PartSink['takeFile']>[1],
  ): Promise<ContentSummary> {
    return await takeContent(content, this.#options);
  }

  async takeFolder(
    part: Part,
    entries: Parameters<PartSink['takeFolder']>[1],
  ): Promise<TakenContent> {
    return await verifyHome(entries, part.file, this.#options);
  }

  async takeLink(_part: Part, untrustedTarget: string): Promise<TakenContent> {
    return takenLink(untrustedTarget);
  }

  async discard(): Promise<void> {
    // There is nothing to take back.
  }
}
