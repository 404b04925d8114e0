import type { Backup } from '../archive/api.ts';
import type { BackupSource } from '../archive/outer/source.ts';
import { WrongPassphraseError } from '../base/errors.ts';
import { infoOptions, openOptions } from './open-options.ts';
import type { RestoreDoors } from './restore-doors.ts';
import type { OpenRequest } from './restore-request.ts';
import type { Tally } from './tally.ts';

/** How often a person may mistype. */
const ATTEMPTS = 3;

/**
 * Opens the backup that a request names. A person who mistypes the passphrase is asked again if
 * the archive can be opened once more: a file can, a stream is gone.
 */
export async function openRequested(
  request: OpenRequest,
  doors: RestoreDoors,
  tally: Tally,
): Promise<Backup> {
  const asked = request.passphraseFile === undefined;
  for (let attempt = 1; ; attempt++) {
    let source = await doors.openSource();
    const again = asked && source.file !== undefined && attempt < ATTEMPTS;
    if (asked && attempt === 1 && source.file !== undefined) {
      // Nobody should have to type a passphrase to learn that the file is no backup.
      await doors.readInfo(source, infoOptions(request, doors.signal));
      source = await doors.openSource();
    }
    try {
      return await openOne(source, request, doors, tally);
    } catch (error) {
      if (!again || !(error instanceof WrongPassphraseError)) throw error;
      doors.screen.remark('Wrong passphrase. Try again.');
    }
  }
}

async function openOne(
  source: BackupSource,
  request: OpenRequest,
  { openBackup, passphrases, signal }: RestoreDoors,
  tally: Tally,
): Promise<Backup> {
  const found = await passphrases(source.name).catch(async (error: unknown) => {
    await source.close();
    throw error;
  });
  return await openBackup(source, {
    ...openOptions(request),
    passphrases: found,
    signal,
    onEvent: tally.listen,
  });
}
