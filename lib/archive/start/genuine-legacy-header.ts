import { createHmac } from 'node:crypto';
import { NotReadableError, WrongPassphraseError } from '../../base/errors.ts';
import { parseMacText } from '../chunk/mac-text.ts';
import { isSameMac } from '../chunk/same-mac.ts';
import { LEGACY_DIGESTS } from './legacy-algorithms.ts';

/**
 * Proves a header of format 3 genuine by its `backup-header.hmac`. Its digest need not be the one
 * the header names: that one is of the chunks, the header's own was fixed in the writer.
 * @returns the one passphrase of `candidates` that it was made with
 * @throws WrongPassphraseError, also when the header is damaged: nothing tells them apart;
 *   NotReadableError when the proof is none
 */
export function proveLegacyHeader(
  untrustedHeader: Uint8Array,
  untrustedProof: Uint8Array,
  candidates: readonly string[],
): string {
  const expected = parseMacText(untrustedProof);
  if (expected === undefined) {
    throw new NotReadableError('Cannot believe the backup header: backup-header.hmac is damaged');
  }
  for (const passphrase of candidates) {
    const isGenuine = LEGACY_DIGESTS.some((digest) =>
      isSameMac(createHmac(digest, passphrase).update(untrustedHeader).digest(), expected),
    );
    if (isGenuine) return passphrase;
  }
  throw new WrongPassphraseError(
    'Cannot open the backup: wrong passphrase, or its header is damaged',
  );
}
