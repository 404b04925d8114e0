import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { stopIfCancelled } from '../../../base/cancelled.ts';
import { diskError } from '../../../base/disk-error.ts';
import { sendAll } from '../../../base/send-all.ts';
import { EmbeddedCaller } from '../../../qrexec/embedded-caller.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/**
 * `run`: starts a qube of an embedded system, if it does not run, and a service in it whose standard
 * streams are ours. No policy is asked: it is called as dom0.
 * @param root folder of the system, absolute
 * @returns exit status of the service
 */
export async function runService(
  { qube, service }: RequestFor<'run'>,
  root: string,
  { client, screen, results, messages, stdin, signal }: RpcDoors,
): Promise<number> {
  screen.waiting(`Starting ${qube}`);
  await client.qube(qube).start();
  await makeHome(join(root, 'home', qube));
  const call = await new EmbeddedCaller({ root }).call({
    target: qube,
    service: service.method,
    argument: service.argument,
    signal,
    onStderr: (bytes) => void messages.write(bytes),
  });
  screen.clear();
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

async function makeHome(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, 'create', path);
  }
}

/** Rejects when `work` does, and says nothing of its end. */
function failureOf(work: Promise<void>): Promise<never> {
  return new Promise((_, reject) => void work.catch(reject));
}
