import { once } from 'node:events';
import { chmod, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';

import { connectTo } from '../admin/start-host.ts';
import { NeedsError, reasonOf, systemErrorCode, UsageError } from '../base/errors.ts';
import { describeProcess } from '../model/store/describe-process.ts';
import { findListener } from '../model/store/find-listener.ts';

/** Longest name of a socket that Linux takes: `sun_path` of unix(7) without its NUL. */
const MAX_PATH_BYTES = 107;

/** Who may connect: owner and group, as with the reference's sockets. */
const MODE = 0o660;

/** Connections that may wait to be accepted; the kernel allows fewer where it is set so. */
const BACKLOG = 4096;

/**
 * Makes a socket file and listens on it; a file that a dead host left is replaced.
 * @throws UsageError when the path is too long for a socket
 * @throws NeedsError when somebody listens there, or the file cannot be made
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new UsageError(
      `Cannot listen on ${path}: the path of a socket has at most ${MAX_PATH_BYTES} bytes`,
    );
  }
  const living = await connectTo(path);
  if (living !== undefined) {
    living.destroy();
    throw new NeedsError(`Cannot listen on ${path}: ${await listenerAt(path)} does`);
  }
  try {
    await unlink(path).catch(unlessGone);
    const listening = once(server, 'listening');
    server.listen({ path, backlog: BACKLOG });
    await listening;
    await chmod(path, MODE);
  } catch (error) {
    server.close();
    throw new NeedsError(`Cannot listen on ${path}: ${reasonOf(error)}`);
  }
}

async function listenerAt(path: string): Promise<string> {
  const { pid } = (await findListener(path)) ?? {};
  return pid === undefined ? 'another program' : describeProcess(pid);
}

function unlessGone(error: unknown): void {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
