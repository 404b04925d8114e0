import { execa } from 'execa';
import * as z from 'zod/mini';

import { accept } from '../base/accept.ts';
import { PermissionDenied, ProtocolError } from '../base/admin-error.ts';
import { stopIfCancelled } from '../base/cancelled.ts';
import { NeedsError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { TextTail } from '../qrexec/text-tail.ts';
import type { AdminRequest, Transport } from './transport.ts';

const PROGRAM = 'qrexec-client-vm';

/** What a call ends with that policy refused, and one of a service that is not there. */
const REFUSED = 126;
const NO_SERVICE = 127;

/** The characters that qrexec carries; it turns others into `_`, which would call something else. */
const Carried = z.object({
  destination: z
    .string()
    .check(z.regex(/^[a-zA-Z0-9@][a-zA-Z0-9@:_.-]{0,62}$/, 'This is no name of a qube to qrexec')),
  method: z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]*$/, 'This is no name of a service')),
  argument: z
    .string()
    .check(
      z.regex(/^[a-zA-Z0-9_.+-]*$/, 'The argument holds a character that qrexec does not carry'),
    ),
});

/** Calls dom0, or whoever policy puts in its place, from inside a qube: `qrexec-client-vm`. */
export class QrexecTransport implements Transport {
  async *send(
    request: AdminRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { destination, method, argument } = accept(Carried, request);
    const program = await findProgram(PROGRAM);
    if (program === undefined) {
      throw new NeedsError(`Cannot call ${destination}: there is no ${PROGRAM} on the PATH`, {
        hint: 'This way leads out of a qube: leave out --qrexec elsewhere.',
      });
    }
    const service = argument === '' ? method : `${method}+${argument}`;
    const child = execa(program, [destination, service], {
      input: request.payload,
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: false,
      reject: false,
      cancelSignal: signal,
    });
    const stderr = new TextTail(child.stderr);
    try {
      yield* child.stdout as AsyncIterable<Uint8Array>;
      const { exitCode } = await child;
      stopIfCancelled(signal);
      refuseStatus(exitCode, request, stderr.text());
    } catch (error) {
      stopIfCancelled(signal);
      throw error;
    } finally {
      child.kill();
    }
  }
}

/** @throws what the exit status of a call means; none of the statuses of qrexec comes with a reply */
function refuseStatus(
  status: number | undefined,
  { destination, method }: AdminRequest,
  untrustedStderr: string,
): void {
  if (status === 0) return;
  if (status === REFUSED) {
    throw new PermissionDenied(`Request refused: ${method} on ${destination}`);
  }
  if (status === NO_SERVICE) throw new ProtocolError(`no such method: '${method}'`);
  const said = printable(untrustedStderr.trim().split('\n').at(-1) ?? '');
  throw new NeedsError(
    `Cannot call ${method} on ${destination}: qrexec ended with ${status ?? 'a signal'}` +
      (said === '' ? '' : `: ${said}`),
  );
}
