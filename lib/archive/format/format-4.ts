import type { Chunk } from '../chunk/chunk.ts';
import type { KeyDerivation } from '../chunk/key-derivation.ts';
import { ScryptChunks } from '../chunk/scrypt-chunks.ts';
import { parseCore3 } from '../metadata/core3.ts';
import { proveHeader } from '../start/genuine-header.ts';
import type { BackupFormat } from './backup-format.ts';

/**
 * Format 4, written since Qubes OS 4.0: scrypt containers, whose keys are bound to backup and name.
 * @param onSecondTry called when a chunk was bad at first and good when tried again (R8)
 */
export function format4(
  backupId: string,
  derivation: KeyDerivation,
  onSecondTry: (chunk: Chunk) => void,
): BackupFormat {
  const openerFor = (passphrase: string): ScryptChunks =>
    new ScryptChunks(derivation, (name) => `${backupId}!${name}!${passphrase}`, onSecondTry);
  return {
    macBeside: false,
    padded: false,
    parseMetadata: parseCore3,
    prove: async ({ untrustedHeader, untrustedProof, metadata }, passphrases) => {
      // Deriving takes seconds: start on the first chunk while the header is being proven. Its
      // result is not looked at before that.
      const likely = openerFor(passphrases[0] ?? '');
      for (const chunk of metadata) likely.prepare(chunk);
      const passphrase = await proveHeader(
        untrustedHeader,
        untrustedProof,
        passphrases,
        derivation,
      );
      return passphrase === passphrases[0] ? likely : openerFor(passphrase);
    },
  };
}
