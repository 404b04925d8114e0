import { open } from 'node:fs/promises';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';

import { sinkTo } from '../base/byte-sink.ts';
import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { CallError, PROBLEM } from './call-error.ts';
import type { QrexecCall, QrexecRequest } from './caller.ts';
import type { FoundService } from './find-service.ts';
import type { ServiceConfig } from './service-config.ts';

/**
 * How often it is looked, after a service has said all it had to say, whether it still listens: of a
 * peer that goes then, Node tells nothing.
 */
const LOOK_MS = 250;

/** What serves a call, if it is no program. */
export type SocketService = Exclude<FoundService, { kind: 'executable' }>;

/**
 * Connects a call with a socket. It is over when both ends have closed their half, or the service
 * both; its exit status is 0.
 * @param head goes in front of the payload
 * @throws CallError when nobody takes it
 */
export async function callSocket(
  service: SocketService,
  head: Uint8Array,
  { exitOnClientEof, exitOnServiceEof }: ServiceConfig,
  { signal }: Pick<QrexecRequest, 'signal'>,
): Promise<QrexecCall> {
  signal.throwIfAborted();
  const socket = await connected(service);
  const kill = (): void => void socket.destroy();
  const finished = new Promise<number>((resolve) => {
    socket.once('close', () => {
      signal.removeEventListener('abort', kill);
      resolve(0);
    });
  });
  signal.addEventListener('abort', kill, { once: true });
  const sink = sinkTo(socket);
  if (head.length > 0) await sink.write(head).catch(() => undefined);
  return {
    stdin: exitOnClientEof ? { ...sink, end: async () => kill() } : sink,
    stdout: answers(socket, exitOnServiceEof),
    untrustedStderr: () => '',
    finished,
    kill,
  };
}

async function* answers(
  socket: Socket,
  exitOnEof: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isAtEnd = false;
  try {
    // Reading to the end must not close what is still being written.
    const blocks = socket.iterator({ destroyOnReturn: false });
    for await (const block of blocks as AsyncIterable<Uint8Array>) yield block;
    isAtEnd = true;
  } catch (error) {
    // A service that drops the connection has answered what it has answered.
    if (systemErrorCode(error) === undefined && !socket.destroyed) throw error;
  } finally {
    if (exitOnEof || !isAtEnd) socket.destroy();
    else watch(socket);
  }
}

/** Writing nothing fails when nobody can read any more. */
function watch(socket: Socket): void {
  if (socket.destroyed) return;
  const look = (): void => {
    if (!socket.destroyed && socket.writable) socket.write(new Uint8Array());
  };
  const looking = setInterval(look, LOOK_MS);
  socket.once('close', () => clearInterval(looking));
  look();
}

async function connected(service: SocketService): Promise<Socket> {
  if (service.kind === 'tcp') return attempt(service, `${service.host}, port ${service.port}`);
  // A socket's address is short, and the path of a folder is not.
  const folder = await open(dirname(service.path));
  try {
    const path = `/proc/self/fd/${folder.fd}/${basename(service.path)}`;
    return await attempt({ path }, service.path);
  } finally {
    await folder.close();
  }
}

function attempt(place: NetConnectOpts, name: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, allowHalfOpen: true });
    socket.once('error', (error) => {
      reject(new CallError(PROBLEM, `Nobody listens at ${name}: ${reasonOf(error)}`, {}, error));
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
