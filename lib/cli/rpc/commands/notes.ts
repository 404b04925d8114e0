import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { diskError } from '../../../base/disk-error.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `notes`: the notes about a qube. */
export async function showOrSetNotes(
  { qube, set, delete: isDeleted, json }: RequestFor<'notes'>,
  { client, screen, stdin }: RpcDoors,
): Promise<void> {
  const notes = client.qube(qube);
  if (set === undefined && !isDeleted) {
    const found = await notes.notes();
    if (json || found !== '') await screen.showText({ type: 'notes', qube, text: found }, found);
    return;
  }
  await notes.setNotes(set === undefined ? '' : await newNotes(set, stdin));
  await screen.done({ type: 'done', command: 'notes', qube });
}

async function newNotes(file: string, stdin: NodeJS.ReadStream): Promise<string> {
  try {
    return await (file === '-' ? text(stdin) : readFile(file, 'utf8'));
  } catch (error) {
    throw diskError(error, 'read', file);
  }
}
