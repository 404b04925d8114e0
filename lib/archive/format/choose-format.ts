import { NotReadableError } from '../../base/errors.ts';
import type { Chunk } from '../chunk/chunk.ts';
import type { KeyDerivation } from '../chunk/key-derivation.ts';
import type { BackupHeader } from '../start/backup-header.ts';
import { legacyCipher, legacyDigest } from '../start/legacy-algorithms.ts';
import type { BackupFormat } from './backup-format.ts';
import { format3 } from './format-3.ts';
import { format4 } from './format-4.ts';

/**
 * The format a header names.
 * @param onSecondTry called when a chunk was bad at first and good when tried again (R8)
 * @throws NotReadableError for a format that cannot be read
 */
export function chooseFormat(
  { version, backupId, hmacAlgorithm, encrypted, cryptoAlgorithm = '' }: BackupHeader,
  derivation: KeyDerivation,
  onSecondTry: (chunk: Chunk) => void,
): BackupFormat {
  if (version === 4 && backupId !== undefined) return format4(backupId, derivation, onSecondTry);
  const digest = legacyDigest(hmacAlgorithm);
  if (version === 3 && digest !== undefined) {
    return format3(digest, encrypted ? legacyCipher(cryptoAlgorithm) : undefined, onSecondTry);
  }
  throw new NotReadableError(
    `Cannot read backups of format ${version}: only formats 3 and 4 (Qubes OS 3.0 and later) are known`,
  );
}
