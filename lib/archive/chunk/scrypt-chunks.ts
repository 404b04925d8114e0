import { timingSafeEqual } from 'node:crypto';
import { DamagedError, QubesRpcError } from '../../base/errors.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkData } from './chunk-data.ts';
import type { KeyDerivation } from './key-derivation.ts';
import {
  bodyDecipher,
  bodyMac,
  isHeadGenuine,
  parseScryptHead,
  SCRYPT_HEAD,
  SCRYPT_MAC,
  SCRYPT_OVERHEAD,
  type ScryptKeys,
} from './scrypt-format.ts';
import type { SealedChunks } from './sealed-chunks.ts';

/** A chunk that is genuine, and what decrypts it. */
interface Verified {
  readonly data: ChunkData;
  readonly keys: ScryptKeys;
}

/**
 * Opens chunks in scrypt containers: those of format 4. Nothing comes out of a chunk before the MAC
 * over all of it has been verified (R5); its key is bound to the backup's id and the chunk's name.
 */
export class ScryptChunks implements SealedChunks {
  readonly #derivation: KeyDerivation;
  readonly #passphraseOf: (name: string) => string;
  readonly #onSecondTry: (chunk: Chunk) => void;
  readonly #keys = new WeakMap<Chunk, Promise<ScryptKeys>>();
  readonly #ahead = new WeakMap<Chunk, Promise<Verified>>();

  /**
   * @param passphraseOf the passphrase a member's container is sealed with
   * @param onSecondTry called when a chunk was bad at first and good when tried again (R8)
   */
  constructor(
    derivation: KeyDerivation,
    passphraseOf: (name: string) => string,
    onSecondTry: (chunk: Chunk) => void,
  ) {
    this.#derivation = derivation;
    this.#passphraseOf = passphraseOf;
    this.#onSecondTry = onSecondTry;
  }

  /** Starts to derive a key from a chunk's first bytes, ahead of its turn. */
  async derive(name: string, untrustedHead: Uint8Array): Promise<ScryptKeys> {
    const parameters = parseScryptHead(untrustedHead);
    if (typeof parameters === 'string') {
      const text = {
        'cut off': 'it ends before its key header does',
        'not a scrypt container': 'it does not begin as an encrypted chunk does',
        checksum: 'the checksum of its key header is wrong',
      }[parameters];
      throw new DamagedError(`The chunk is damaged: ${text}`, { stage: 'key' });
    }
    const keys = await this.#derivation.derive(this.#passphraseOf(name), parameters);
    if (!isHeadGenuine(untrustedHead, keys)) {
      throw new DamagedError(
        'The chunk is foreign: its key header was not made for this place in this backup',
        { stage: 'key' },
      );
    }
    return keys;
  }

  /** Starts on the key of a chunk, so that it is there, or on its way, when {@link open} needs it. */
  prepare(chunk: Chunk, head?: Uint8Array): void {
    if (this.#keys.has(chunk)) return;
    const keys = (async () => await this.derive(chunk.name, head ?? (await chunk.head())))();
    // Whoever opens the chunk gets the error; one that is never opened has none.
    keys.catch(() => undefined);
    this.#keys.set(chunk, keys);
  }

  begin(name: string, untrustedHead: Uint8Array): (chunk: Chunk) => void {
    const keys = this.derive(name, untrustedHead);
    keys.catch(() => undefined);
    return (chunk) => this.adopt(chunk, keys);
  }

  /** Hands over a derivation that was started before there was a chunk. */
  adopt(chunk: Chunk, keys: Promise<ScryptKeys>): void {
    this.#keys.set(chunk, keys);
  }

  /**
   * The content of a chunk. Memory is given back when it is through.
   * @throws DamagedError, before the first byte, when the chunk is not genuine
   */
  async *open(chunk: Chunk): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      const { data, keys } = await this.#verify(chunk);
      const decipher = bodyDecipher(keys);
      for await (const slice of bodyOf(data)) yield decipher.update(slice);
    } finally {
      chunk.drop();
    }
  }

  joined(contents: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return contents;
  }

  verifyAhead(chunk: Chunk): void {
    this.#verify(chunk).catch(() => undefined);
  }

  #verify(chunk: Chunk): Promise<Verified> {
    this.prepare(chunk);
    const verified = this.#ahead.get(chunk) ?? this.#verified(chunk);
    this.#ahead.set(chunk, verified);
    return verified;
  }

  async #verified(chunk: Chunk): Promise<Verified> {
    try {
      const [keys, data] = await Promise.all([this.#keys.get(chunk), chunk.data()]);
      if (keys === undefined) throw new TypeError('the chunk was not prepared');
      await assertGenuine(chunk, data, keys);
      return { data, keys };
    } catch (first) {
      if (!(first instanceof DamagedError)) throw first;
      // Unstable memory makes good chunks look bad: it is worth a second look (R8).
      const again = await this.#secondTry(chunk).catch((second: unknown) => {
        throw second instanceof QubesRpcError && second.code === 'cancelled' ? second : first;
      });
      this.#onSecondTry(chunk);
      return again;
    }
  }

  async #secondTry(chunk: Chunk): Promise<Verified> {
    const data = await chunk.reload();
    if (data.size < SCRYPT_OVERHEAD) throw cutOff(chunk, data.size);
    const keys = await this.derive(chunk.name, await headOf(data));
    await assertGenuine(chunk, data, keys);
    return { data, keys };
  }
}

async function assertGenuine(chunk: Chunk, data: ChunkData, keys: ScryptKeys): Promise<void> {
  if (data.size < chunk.size || data.size < SCRYPT_OVERHEAD) throw cutOff(chunk, data.size);
  const mac = bodyMac(keys);
  const end = data.size - SCRYPT_MAC;
  const expected = Buffer.alloc(SCRYPT_MAC);
  let head: Uint8Array | undefined;
  let at = 0;
  for await (const slice of data.slices()) {
    head ??= Uint8Array.from(slice.subarray(0, SCRYPT_HEAD));
    const inBody = Math.max(0, end - at);
    mac.update(slice.subarray(0, inBody));
    expected.set(slice.subarray(inBody), Math.max(0, at - end));
    at += slice.length;
  }
  if (at < data.size) throw cutOff(chunk, at);
  // The head was compared when the key was derived, but that may have been another reading of it.
  const genuine = head !== undefined && isHeadGenuine(head, keys);
  if (!genuine || !timingSafeEqual(mac.digest(), expected)) {
    throw new DamagedError('The chunk is damaged: its data does not match its MAC', {
      stage: 'mac',
    });
  }
}

function cutOff(chunk: Chunk, size: number): DamagedError {
  return new DamagedError(
    `The chunk is cut off: ${size} of ${Math.max(chunk.size, SCRYPT_OVERHEAD)} bytes are there`,
    { stage: 'source' },
  );
}

async function headOf(data: ChunkData): Promise<Uint8Array> {
  for await (const slice of data.slices()) return Uint8Array.from(slice.subarray(0, SCRYPT_HEAD));
  return new Uint8Array(0);
}

/** The encrypted content: everything between head and MAC. */
async function* bodyOf(data: ChunkData): AsyncGenerator<Uint8Array, void, undefined> {
  const end = data.size - SCRYPT_MAC;
  let at = 0;
  for await (const slice of data.slices()) {
    const body = slice.subarray(Math.max(0, SCRYPT_HEAD - at), Math.max(0, end - at));
    at += slice.length;
    if (body.length > 0) yield body;
  }
}
