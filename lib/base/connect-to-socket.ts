import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';

import { openFolder } from './folder.ts';

/**
 * Connects to a Unix socket through its opened folder, so that its path may be longer than the 107
 * bytes that a socket's own may have.
 * @throws NeedsError when there is no such folder, the system's error when nobody listens
 */
export async function connectToSocket(path: string): Promise<Socket> {
  const folder = await openFolder(dirname(path));
  try {
    const socket = connect(folder.pathOf(basename(path)).toString());
    await once(socket, 'connect');
    return socket;
  } finally {
    await folder.close();
  }
}
