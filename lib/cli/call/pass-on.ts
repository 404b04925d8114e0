import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { requestFrame } from '../../admin/frames.ts';
import { isNobodyThere } from '../../admin/start-host.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { writeFully } from '../../base/write-sync.ts';
import { hostSocket } from './connect-host.ts';
import { failureFrame } from './failure-frame.ts';
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
    const host = hostSocket(env, call.socket);
    // Nearly always the host is there, and the request need not wait until that is known.
    const status = await exchange(connect({ path: host.path, allowHalfOpen: true }), request);
    return status === NO_HOST ? await exchange(await host.connect(), request) : status;
  } catch (error) {
    writeFully(STDOUT, failureFrame(error));
    return ANSWERED;
  }
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
