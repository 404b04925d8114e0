import * as z from 'zod/mini';

import { accept } from '../base/accept.ts';
import { PermissionDenied, ProtocolError } from '../base/admin-error.ts';
import { NeedsError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { meaningOf, NO_SERVICE, REFUSED } from '../qrexec/call-error.ts';
import { callProgram, type ProgramEnd } from './program-call.ts';
import type { AdminRequest, AdminStream, Transport } from './transport.ts';

const PROGRAM = 'qrexec-client-vm';

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
    { payload, ...request }: AdminRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { status, untrustedStderr } = yield* qrexecCall(request, onePiece(payload), signal);
    refuseStatus(status, request, untrustedStderr);
  }

  async *stream(
    { payload, ...request }: AdminStream,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const end = yield* qrexecCall(request, payload, signal);
    // The reference's executable of an import ends with 1 behind a complete reply.
    if (!end.answered) refuseStatus(end.status, request, end.untrustedStderr);
  }
}

type Target = Omit<AdminRequest, 'payload'>;

async function* qrexecCall(
  request: Target,
  payload: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, ProgramEnd, undefined> {
  const { destination, method, argument } = accept(Carried, request);
  const program = await findProgram(PROGRAM);
  if (program === undefined) {
    throw new NeedsError(`Cannot call ${destination}: there is no ${PROGRAM} on the PATH`, {
      hint: 'This way leads out of a qube: leave out --qrexec elsewhere.',
    });
  }
  const service = argument === '' ? method : `${method}+${argument}`;
  return yield* callProgram({ program, args: [destination, service], payload }, signal);
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** @throws what the exit status of a call means; none of the statuses of qrexec comes with a reply */
function refuseStatus(
  status: number | undefined,
  { destination, method }: Target,
  untrustedStderr: string,
): void {
  if (status === 0) return;
  if (status === REFUSED) {
    throw new PermissionDenied(`Request refused: ${method} on ${destination}`);
  }
  if (status === NO_SERVICE) throw new ProtocolError(`no such method: '${method}'`);
  const said = printable(untrustedStderr.trim().split('\n').at(-1) ?? '');
  const reason =
    (status === undefined ? undefined : meaningOf(status, method)) ??
    `qrexec ended with ${status ?? 'a signal'}`;
  throw new NeedsError(
    `Cannot call ${method} on ${destination}: ${reason}${said === '' ? '' : `: ${said}`}`,
  );
}
