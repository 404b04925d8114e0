import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

import { systemErrorCode } from '../../base/errors.ts';
import { sendAll } from '../../base/send-all.ts';
import type { QrexecCall, QrexecCaller } from '../../qrexec/caller.ts';
import { Output } from '../output.ts';
import type { ProgramProcess } from '../program-process.ts';
import type { CallEnd } from './call-end.ts';
import type { ClientRequest } from './client-line.ts';
import { harmless } from './harmless.ts';

/**
 * Makes a call and connects its streams with ours, or with a program of ours.
 * @returns exit status: that of the program, else that of the service
 */
export async function makeCall(
  caller: QrexecCaller,
  request: ClientRequest,
  host: ProgramProcess,
  signal: AbortSignal,
): Promise<number> {
  const messages = new Output(host.stderr, 'standard error');
  const filtersMessages = request.filterStderr ?? host.stderr.isTTY;
  const { target, service, argument } = request;
  const call = await caller.call({
    target,
    service,
    argument,
    signal,
    onStderr: (bytes) => messages.write(filtersMessages ? harmless(bytes) : bytes),
  });
  // A program of ours is started only when the call is allowed.
  const end = await endOfCall(request, host);
  void feed(call, request.prefix, end.from);
  await answer(call, end);
  const [theirs, ours] = await Promise.all([call.finished, end.status]);
  await messages.flush().catch(() => undefined);
  return ours ?? theirs;
}

async function feed(
  call: QrexecCall,
  prefix: string,
  from: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    if (prefix !== '') await call.stdin.write(Buffer.from(prefix));
    await sendAll(from, call.stdin);
  } catch {
    // What cannot be read, or reaches nobody, is the end of what there is to send.
    await call.stdin.end().catch(() => undefined);
  }
}

async function answer(call: QrexecCall, { take, complete }: CallEnd): Promise<void> {
  try {
    for await (const block of call.stdout) await take(block);
    await complete();
  } catch (error) {
    // Nobody reads it: the service learns of that when it writes again.
    if (systemErrorCode(error) === undefined && !isLeft(error)) throw error;
  }
}

function isLeft(error: unknown): boolean {
  return error instanceof Error && systemErrorCode(error.cause) === 'EPIPE';
}

async function endOfCall(request: ClientRequest, host: ProgramProcess): Promise<CallEnd> {
  if (request.local.length === 0) return ourStreams(request, host);
  const { startLocal } = await import('./local-program.ts');
  return startLocal(request.local);
}

function ourStreams(
  { filterStdout, useStdinSocket }: ClientRequest,
  { stdin, stdout }: ProgramProcess,
): CallEnd {
  const socket = useStdinSocket ? new Socket({ fd: 0, allowHalfOpen: true }) : undefined;
  const from: Readable = socket ?? stdin;
  const output = new Output(socket ?? stdout, 'standard output');
  const filters = filterStdout ?? (socket === undefined && stdout.isTTY);
  return {
    from: from as AsyncIterable<Uint8Array>,
    take: (bytes) => output.write(filters ? harmless(bytes) : bytes),
    complete: async () => {
      await output.flush();
      socket?.end();
    },
    status: undefined,
  };
}
