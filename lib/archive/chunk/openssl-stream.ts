/**
 * What `openssl enc` of that time wrote: `Salted__`, 8 bytes of salt, then the data in CBC mode with
 * PKCS#7 padding. Key and IV come from one round of MD5 per 16 bytes (EVP_BytesToKey):
 * D1 = MD5(passphrase, salt), D2 = MD5(D1, passphrase, salt)…
 */
import { createDecipheriv, createHash } from 'node:crypto';
import { ByteReader } from '../../base/byte-reader.ts';
import { DamagedError } from '../../base/errors.ts';
import type { LegacyCipher } from '../start/legacy-algorithms.ts';

const MAGIC = Buffer.from('Salted__');
const SALT_LENGTH = 8;

/**
 * Decrypts such a stream. It has no MAC of its own: give it only what was verified.
 * @throws DamagedError, stage `decrypt`, when it has no salt or does not end with good padding
 */
export async function* decryptOpensslStream(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  cipher: LegacyCipher,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(source);
  try {
    const head = await reader.upTo(MAGIC.length + SALT_LENGTH);
    const salt = head.subarray(MAGIC.length);
    if (salt.length < SALT_LENGTH || !MAGIC.equals(head.subarray(0, MAGIC.length))) {
      throw damage('it does not begin as an encrypted file does');
    }
    const { key, iv } = deriveKey(Buffer.from(passphrase), salt, cipher);
    const decipher = createDecipheriv(cipher.name, key, iv);
    for await (const block of reader.take(Infinity)) {
      const plain = decipher.update(block);
      if (plain.length > 0) yield plain;
    }
    const last = endOf(decipher);
    if (last.length > 0) yield last;
  } finally {
    await reader.close();
  }
}

function deriveKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { keyLength, ivLength }: LegacyCipher,
): { key: Uint8Array; iv: Uint8Array } {
  let derived = Buffer.alloc(0);
  let round = Buffer.alloc(0);
  while (derived.length < keyLength + ivLength) {
    round = createHash('md5').update(round).update(passphrase).update(salt).digest();
    derived = Buffer.concat([derived, round]);
  }
  return {
    key: derived.subarray(0, keyLength),
    iv: derived.subarray(keyLength, keyLength + ivLength),
  };
}

function endOf(decipher: ReturnType<typeof createDecipheriv>): Uint8Array {
  try {
    return decipher.final();
  } catch (cause) {
    throw damage('it does not end as an encrypted file does', cause);
  }
}

function damage(why: string, cause?: unknown): DamagedError {
  return new DamagedError(`The file cannot be decrypted: ${why}`, { stage: 'decrypt' }, { cause });
}
