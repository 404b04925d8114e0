import type { Readable } from 'node:stream';
import { type BackupSource, openFileSource, streamSource } from '../archive/outer/source.ts';
import { EmbeddedCaller } from '../qrexec/embedded-caller.ts';
import { qubeSource } from './qube-source.ts';
import type { RestoreRequest } from './restore-request.ts';
import { systemFolder } from './system-folder.ts';

/**
 * Opens the place that a request names: a location in a qube, standard input, or a path.
 * @throws what opening it throws: NotReadableError, UsageError, NeedsError
 */
export async function chooseSource(
  { archive, from, root }: Pick<RestoreRequest, 'archive' | 'from' | 'root'>,
  stdin: Readable,
  env: NodeJS.ProcessEnv,
): Promise<BackupSource> {
  if (from !== undefined) {
    return qubeSource(new EmbeddedCaller({ root: systemFolder(root, env) }), from, archive);
  }
  return archive === '-' ? streamSource(stdin, 'standard input') : await openFileSource(archive);
}
