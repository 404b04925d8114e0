import type { Backup } from '../archive/api.ts';
import { WrongPassphraseError } from '../base/errors.ts';
import { openOptions } from './open-options.ts';
import type { RestoreDoors } from './restore-doors.ts';
import type { OpenRequest } from './restore-request.ts';
import type { Tally } from './tally.ts';

/** How often a person may mistype. */
const ATTEMPTS = 3;

/** A backup that has been opened, and its source with it. */
export interface OpenedBackup {
  readonly backup: Backup;
  close(): Promise<void>;
}

/**
 * Opens the backup that a request names. A person who mistypes the passphrase is asked again if
 * the archive can be opened once more: a file can, a stream is gone.
 */
export async function openRequested(
  request: OpenRequest,
  doors: RestoreDoors,
  tally: Tally,
): Promise<OpenedBackup> {
  const asked = request.passphraseFile === undefined;
  for (let attempt = 1; ; attempt++) {
    const source = await doors.openSource();
    try {
      // Nobody should have to type a passphrase to learn that the file is no backup.
      if (asked && source.file !== undefined) await doors.readInfo(source, doors.signal);
      const backup = await doors.openBackup(source, {
        ...openOptions(request),
        passphrases: await doors.passphrases(source.name),
        signal: doors.signal,
        onEvent: tally.listen,
      });
      const close = async (): Promise<void> => {
        await backup.close();
        await source.close();
      };
      return { backup, close };
    } catch (error) {
      await source.close();
      const again = asked && source.file !== undefined && attempt < ATTEMPTS;
      if (!again || !(error instanceof WrongPassphraseError)) throw error;
      doors.screen.remark('Wrong passphrase. Try again.');
    }
  }
}
