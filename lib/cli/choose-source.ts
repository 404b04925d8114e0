import type { Readable } from 'node:stream';
import { type BackupSource, openFileSource, streamSource } from '../archive/outer/source.ts';
import { chooseCaller } from './qrexec/choose-caller.ts';
import { qubeSource } from './qube-source.ts';
import type { RestoreRequest } from './restore-request.ts';

/** What of a request says where the backup is. */
type WhereBackup = Pick<RestoreRequest, 'archive' | 'from' | 'root'> & {
  readonly locationIsService?: boolean;
};

/**
 * Opens the place that a request names: a location in a qube, standard input, or a path.
 * @throws what opening it throws: NotReadableError, UsageError, NeedsError
 */
export async function chooseSource(
  { archive, from, root, locationIsService = false }: WhereBackup,
  stdin: Readable,
  env: NodeJS.ProcessEnv,
): Promise<BackupSource> {
  if (from !== undefined) {
    return qubeSource(await chooseCaller(root, env), from, archive, locationIsService);
  }
  return archive === '-' ? streamSource(stdin, 'standard input') : await openFileSource(archive);
}
