import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { resolve as absolute } from 'node:path';

import { errorFrame, requestFrame } from '../../admin/frames.ts';
import { connectOrStart, connectTo, isNobodyThere, socketPath } from '../../admin/start-host.ts';
import { AdminError, QubesException } from '../../base/admin-error.ts';
import { NeedsError, systemErrorCode } from '../../base/errors.ts';
import { writeFully } from '../../base/write-sync.ts';
import { readCall } from './read-call.ts';
import { readRequest } from './read-request.ts';

const STDOUT = 1;

/** How often it is looked, while nothing comes, whether the caller is still there. */
const PROBE_MS = 2000;

/** How an exchange with the host ended: with an answer, without one, or without a host. */
const ANSWERED = 0;
const NO_ANSWER = 1;
const NO_HOST = 2;

/**
 * Serves the one call this process was started for: passes its request on to the resident host,
 * and the host's answer back, as it comes. What keeps it from doing so is itself an answer.
 * @returns exit status: 0 when the caller has got an answer, which stock clients otherwise drop
 */
export async function passOn(env: NodeJS.ProcessEnv, argv: readonly string[]): Promise<number> {
  try {
    const call = readCall(env, argv);
    const request = requestFrame(call, readRequest());
    const named = env['QUBES_RPC_ROOT'] ?? '';
    const root = named === '' ? '' : absolute(named);
    const path = root === '' ? `/var/run/${call.socket}.sock` : socketPath(root, call.socket);
    // Nearly always the host is there, and the request need not wait until that is known.
    const status = await exchange(connect({ path, allowHalfOpen: true }), request);
    if (status !== NO_HOST) return status;
    const socket = root === '' ? await connectTo(path) : await connectOrStart(root, call.socket);
    if (socket === undefined) throw new NeedsError(`Nobody serves the Admin API on ${path}`);
    return await exchange(socket, request);
  } catch (error) {
    if (error instanceof NeedsError) return answer(new QubesException(sentences(error)));
    if (error instanceof AdminError) return answer(error);
    throw error;
  }
}

function sentences({ message, facts: { hint } }: NeedsError): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

function answer(error: AdminError): number {
  writeFully(STDOUT, errorFrame(error));
  return ANSWERED;
}

/** Until either side ends. */
function exchange(socket: Socket, request: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    let status = NO_ANSWER;
    const probes = setInterval(() => {
      if (!isOpen(STDOUT)) socket.destroy();
    }, PROBE_MS);
    const end = (): void => {
      clearInterval(probes);
      resolve(status);
    };
    socket.on('data', (bytes) => {
      status = ANSWERED;
      try {
        writeFully(STDOUT, bytes);
      } catch {
        // The caller is gone.
        socket.destroy();
      }
    });
    socket.on('error', (error) => {
      status = isNobodyThere(error) ? NO_HOST : NO_ANSWER;
    });
    socket.on('end', end);
    socket.on('close', end);
    socket.end(request);
  });
}

/** Whether somebody could still read it. Writing nothing to a socket fails when nobody can. */
function isOpen(descriptor: number): boolean {
  try {
    writeSync(descriptor, '');
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EAGAIN';
  }
}
