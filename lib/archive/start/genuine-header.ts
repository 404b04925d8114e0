import { DamagedError, NotReadableError, WrongPassphraseError } from '../../base/errors.ts';
import { heldChunk } from '../chunk/chunk.ts';
import { collect } from '../collect.ts';
import type { KeyDerivation } from '../chunk/key-derivation.ts';
import { MAX_HEADER_BYTES } from '../limits.ts';
import { ScryptChunks } from '../chunk/scrypt-chunks.ts';
import { isHeadGenuine, parseScryptHead } from '../chunk/scrypt-format.ts';

const NAME = 'backup-header';

/**
 * Proves a header of format 4 genuine by its `backup-header.hmac`, which is the same text in a
 * container sealed with `backup-header!PASSPHRASE`.
 * @returns the one passphrase of `candidates` that opens it
 * @throws WrongPassphraseError; NotReadableError when the header or its proof is damaged or forged
 */
export async function proveHeader(
  untrustedHeader: Uint8Array,
  untrustedProof: Uint8Array,
  candidates: readonly string[],
  derivation: KeyDerivation,
): Promise<string> {
  const parameters = parseScryptHead(untrustedProof);
  if (typeof parameters === 'string') {
    throw notGenuine(`backup-header.hmac is damaged (${parameters})`);
  }
  for (const passphrase of candidates) {
    const keys = await derivation.derive(`${NAME}!${passphrase}`, parameters);
    if (!isHeadGenuine(untrustedProof, keys)) continue;
    const opener = new ScryptChunks(
      derivation,
      () => `${NAME}!${passphrase}`,
      () => undefined,
    );
    const chunk = heldChunk(NAME, 0, untrustedProof);
    opener.adopt(chunk, Promise.resolve(keys));
    const text = await collect(opener.open(chunk), MAX_HEADER_BYTES).catch((error: unknown) => {
      if (error instanceof DamagedError) throw notGenuine('backup-header.hmac is damaged');
      throw error;
    });
    if (!Buffer.from(untrustedHeader).equals(text)) {
      throw notGenuine('it is not the header that was written with this backup');
    }
    return passphrase;
  }
  throw new WrongPassphraseError();
}

function notGenuine(why: string): NotReadableError {
  return new NotReadableError(`Cannot believe the backup header: ${why}`);
}
