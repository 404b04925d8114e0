import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { NeedsError, reasonOf, systemErrorCode } from '../base/errors.ts';

/** The sockets of a host, each in `run/` of the system's folder with `.sock` behind its name. */
export type SocketName = 'qubesd' | 'qubesd.internal' | 'qubesd.misc';

/** Milliseconds until a host must be there: a thousand qubes load in a fraction of it. */
const PATIENCE = 15_000;
/** Likewise after one refused to start: another has the store, and comes or goes. */
const PATIENCE_AFTER_REFUSAL = 4000;
/** Milliseconds between two looks. */
const STEP = 10;

/** What the host ends with when something it needs is not there: the store, if another has it. */
const REFUSED = 6;

/** The socket that serves a call. */
export function socketOf(method: string): SocketName {
  if (method.startsWith('internal.')) return 'qubesd.internal';
  return method.startsWith('qubes.') ? 'qubesd.misc' : 'qubesd';
}

/** Where a socket of an embedded system is. */
export function socketPath(root: string, socket: SocketName): string {
  return join(root, 'run', `${socket}.sock`);
}

/**
 * Connects to the host of an embedded system, and starts one first if none listens. Of several
 * that are started at once one gets the store; all callers get to that one.
 * @param root absolute path of the system's folder
 * @returns a socket that stays open for the answer when its own half has been ended
 * @throws NeedsError when there is no host to be had
 */
export async function connectOrStart(root: string, socket: SocketName): Promise<Socket> {
  const path = socketPath(root, socket);
  const ready = await connectTo(path);
  if (ready !== undefined) return ready;
  // Most calls find a host: they need nothing of what starts one.
  const { hostLog, launchHost } = await import('./launch-host.ts');
  let host = await launchHost(root);
  let deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline) {
    await delay(STEP);
    const connected = await connectTo(path);
    if (connected !== undefined) return connected;
    const status = host.status();
    if (status === undefined) continue;
    if (status !== REFUSED) break;
    deadline = Math.min(deadline, performance.now() + PATIENCE_AFTER_REFUSAL);
    host = await launchHost(root);
  }
  throw new NeedsError(`The host of the system in ${root} did not start: see ${hostLog(root)}`);
}

/**
 * Connects to a socket.
 * @returns undefined when nobody listens there
 * @throws NeedsError when that cannot be told
 */
export async function connectTo(path: string): Promise<Socket | undefined> {
  for (let waited = 0; ; waited += STEP) {
    try {
      return await connectOnce(path);
    } catch (error) {
      // The queue of those who wait to be accepted is full for the moment.
      const isBusy = systemErrorCode(error) === 'EAGAIN' && waited < PATIENCE;
      if (isBusy) await delay(STEP);
      else if (isNobodyThere(error)) return undefined;
      else throw new NeedsError(`Cannot connect to ${path}: ${reasonOf(error)}`);
    }
  }
}

/** Whether a connection failed because nobody takes it, for now or at all. */
export function isNobodyThere(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'EAGAIN'].includes(systemErrorCode(error) ?? '');
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
