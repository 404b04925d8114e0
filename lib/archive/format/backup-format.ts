import type { SealedChunks } from '../chunk/sealed-chunks.ts';
import type { BackupMetadata } from '../metadata/metadata.ts';
import type { BackupStart } from '../start/backup-start.ts';

/** What one generation of backups does in a way of its own. */
export interface BackupFormat {
  /**
   * True: the MAC of a chunk is a member of its own, right behind it. False: the chunk holds it, and
   * its name ends in `.enc`.
   */
  readonly macBeside: boolean;
  /** Whether zeros may follow the compressed data of a file. */
  readonly padded: boolean;
  /** What nothing in the backup proves, as a sentence for people. */
  readonly notProven?: string;
  /** Reads `qubes.xml`. @throws DamagedError, stage `content` */
  readonly parseMetadata: (untrusted: Uint8Array) => BackupMetadata;
  /**
   * Proves the header genuine with one of the passphrases.
   * @returns what opens the chunks with that passphrase
   * @throws WrongPassphraseError; NotReadableError when header or proof are damaged or forged
   */
  prove(start: BackupStart, passphrases: readonly string[]): Promise<SealedChunks>;
}
