import { createHmac } from 'node:crypto';
import { DamagedError, QubesRpcError } from '../../base/errors.ts';
import type { LegacyCipher, LegacyDigest } from '../start/legacy-algorithms.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkData } from './chunk-data.ts';
import { parseMacText } from './mac-text.ts';
import { decryptOpensslStream } from './openssl-stream.ts';
import { isSameMac } from './same-mac.ts';
import type { SealedChunks } from './sealed-chunks.ts';

export interface MacChunksOptions {
  readonly passphrase: string;
  /** The HMAC's digest; its key is the passphrase. */
  readonly digest: LegacyDigest;
  /** Undefined for a backup that is not encrypted. */
  readonly cipher: LegacyCipher | undefined;
  /** Called when a chunk was bad at first and good when tried again (R8). */
  readonly onSecondTry: (chunk: Chunk) => void;
}

/**
 * Opens chunks whose MAC stands beside them: those of format 3. Nothing comes out of a chunk before
 * its MAC has been verified (R5). It says nothing of the chunk's name, and all chunks of a file
 * together are one encrypted stream.
 */
export class MacChunks implements SealedChunks {
  readonly #options: MacChunksOptions;
  readonly #ahead = new WeakMap<Chunk, Promise<ChunkData>>();

  constructor(options: MacChunksOptions) {
    this.#options = options;
  }

  begin(): () => void {
    return () => undefined;
  }

  prepare(): void {
    // The key is the passphrase: there is nothing to derive.
  }

  async *open(chunk: Chunk): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* (await this.#verify(chunk)).slices();
    } finally {
      chunk.drop();
    }
  }

  joined(contents: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const { passphrase, cipher } = this.#options;
    return cipher === undefined
      ? copied(contents)
      : decryptOpensslStream(contents, passphrase, cipher);
  }

  verifyAhead(chunk: Chunk): void {
    this.#verify(chunk).catch(() => undefined);
  }

  #verify(chunk: Chunk): Promise<ChunkData> {
    const verified = this.#ahead.get(chunk) ?? this.#verified(chunk);
    this.#ahead.set(chunk, verified);
    return verified;
  }

  async #verified(chunk: Chunk): Promise<ChunkData> {
    const mac = macOf(chunk);
    try {
      const data = await chunk.data();
      await this.#assertGenuine(chunk, data, mac);
      return data;
    } catch (first) {
      if (!(first instanceof DamagedError)) throw first;
      const again = await this.#secondTry(chunk, mac).catch((second: unknown) => {
        throw second instanceof QubesRpcError && second.code === 'cancelled' ? second : first;
      });
      this.#options.onSecondTry(chunk);
      return again;
    }
  }

  async #secondTry(chunk: Chunk, mac: Uint8Array): Promise<ChunkData> {
    const data = await chunk.reload();
    await this.#assertGenuine(chunk, data, mac);
    return data;
  }

  async #assertGenuine(chunk: Chunk, data: ChunkData, expected: Uint8Array): Promise<void> {
    if (data.size < chunk.size) {
      throw new DamagedError(
        `The chunk is cut off: ${data.size} of ${chunk.size} bytes are there`,
        { stage: 'source' },
      );
    }
    const { digest, passphrase } = this.#options;
    const mac = createHmac(digest, passphrase);
    for await (const slice of data.slices()) mac.update(slice);
    if (!isSameMac(mac.digest(), expected)) {
      throw new DamagedError('The chunk is damaged: its data does not match its MAC', {
        stage: 'mac',
      });
    }
  }
}

function macOf({ untrustedMac }: Chunk): Uint8Array {
  const mac = untrustedMac === undefined ? undefined : parseMacText(untrustedMac);
  if (mac !== undefined) return mac;
  const why = untrustedMac === undefined ? 'does not stand behind it' : 'is no MAC';
  throw new DamagedError(`The chunk cannot be verified: its .hmac file ${why}`, { stage: 'mac' });
}

/** Slices of a chunk are views of memory that is used again; what leaves here must stay. */
async function* copied(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const slice of source) yield Uint8Array.from(slice);
}
