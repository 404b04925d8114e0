import type { ByteReader } from '../base/byte-reader.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import type { BackupTaker } from './backup-taker.ts';
import { CommandTaker } from './command-taker.ts';
import { copyArchive } from './copy-archive.ts';
import { FileTaker } from './file-taker.ts';
import { resolveTarget, type BackupTarget } from './resolve-target.ts';

export interface NewBackup {
  readonly location: string;
  /** Where its bytes come from. */
  readonly request: ByteReader;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Takes a new backup to where its location says, and tells on the log what it does, in the words of
 * the stock service.
 * @throws QubesRpcError when it could not be taken as a whole; then nothing of it is left
 */
export async function takeBackup({ location, request, log, signal }: NewBackup): Promise<void> {
  const target = await resolveTarget(location, new Date());
  log.info(told(target, location));
  const taker = await takerOf(target);
  try {
    await copyArchive(request, (block) => taker.take(block), signal);
    await taker.finish();
  } catch (error) {
    await taker.abandon();
    throw error;
  }
}

function told(target: BackupTarget, location: string): string {
  if (target.kind === 'command') {
    return `Checking if arguments is matching a command\nRedirecting STDIN to ${printable(location)}`;
  }
  const { folder, name } = target;
  return (
    `Performing backup to directory ${printable(folder)}\n` +
    `Copying STDIN data to ${printable(`${folder}/${name}`)}`
  );
}

async function takerOf(target: BackupTarget): Promise<BackupTaker> {
  return target.kind === 'command'
    ? CommandTaker.start(target.program, target.args)
    : FileTaker.open(target.folder, target.name);
}
