import { stopIfCancelled } from '../../../base/cancelled.ts';
import { errorEvent } from '../../../base/error-event.ts';
import { sendAll } from '../../../base/send-all.ts';
import { CallError } from '../../../qrexec/call-error.ts';
import type { QrexecCall, QrexecCaller } from '../../../qrexec/caller.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/**
 * `run`: calls a service in a qube, which is started if it does not run. Its standard streams are
 * ours.
 * @returns exit status of the service; of a call that did not get as far, what Qubes' own qrexec
 *   ends with
 */
export async function runService(
  { qube, service }: RequestFor<'run'>,
  caller: QrexecCaller,
  doors: Omit<RpcDoors, 'client' | 'undo'>,
): Promise<number> {
  const { screen, messages, signal } = doors;
  screen.waiting(`Calling ${service.method} in ${qube}`);
  try {
    const call = await caller.call({
      target: qube,
      service: service.method,
      argument: service.argument,
      signal,
      onStderr: (bytes) => messages.write(bytes),
    });
    screen.clear();
    return await connect(call, doors);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    await screen.error(errorEvent(error));
    return error.status;
  }
}

async function connect(
  call: QrexecCall,
  { results, messages, stdin, signal }: Omit<RpcDoors, 'client' | 'undo'>,
): Promise<number> {
  try {
    const feeding = sendAll(stdin, call.stdin);
    for await (const block of call.stdout) await results.write(block);
    const status = await Promise.race([call.finished, failureOf(feeding)]);
    stopIfCancelled(signal);
    await messages.flush();
    return status;
  } finally {
    call.kill();
  }
}

/** Rejects when `work` does, and says nothing of its end. */
function failureOf(work: Promise<void>): Promise<never> {
  return new Promise((_, reject) => void work.catch(reject));
}
