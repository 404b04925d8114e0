import type { Chunk } from '../chunk/chunk.ts';
import { MacChunks } from '../chunk/mac-chunks.ts';
import { parseCore2 } from '../metadata/core2.ts';
import { proveLegacyHeader } from '../start/genuine-legacy-header.ts';
import type { LegacyCipher, LegacyDigest } from '../start/legacy-algorithms.ts';
import type { BackupFormat } from './backup-format.ts';

const NOT_PROVEN =
  'A backup of format 3 cannot prove that its pieces belong to this backup and to their place in ' +
  'it: any that was made with the same passphrase would be believed';

/**
 * Format 3, written by Qubes OS 3.x: the output of `openssl enc` in chunks, each with an HMAC beside it.
 * @param cipher undefined for a backup that is not encrypted
 * @param onSecondTry called when a chunk was bad at first and good when tried again (R8)
 */
export function format3(
  digest: LegacyDigest,
  cipher: LegacyCipher | undefined,
  onSecondTry: (chunk: Chunk) => void,
): BackupFormat {
  return {
    macBeside: true,
    padded: true,
    notProven: NOT_PROVEN,
    parseMetadata: parseCore2,
    prove: async ({ untrustedHeader, untrustedProof }, passphrases) => {
      const passphrase = proveLegacyHeader(untrustedHeader, untrustedProof, passphrases);
      return new MacChunks({ passphrase, digest, cipher, onSecondTry });
    },
  };
}
