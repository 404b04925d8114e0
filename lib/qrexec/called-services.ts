import { once } from 'node:events';

import { QubesException } from '../base/admin-error.ts';
import { QubesRpcError, systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { NoServiceError, type QubeServices, type ServiceDetails } from '../base/qube-services.ts';
import { CallError, NO_SERVICE } from './call-error.ts';
import type { QrexecCall, QrexecCaller, QrexecRequest } from './caller.ts';
import { parseCalled } from './names.ts';

/** How much of what a failed service has said its error tells. */
const MAX_TOLD = 500;

/** Services of running qubes, called by qrexec. */
export class CalledServices implements QubeServices {
  readonly #caller: QrexecCaller;

  /** @param caller of dom0, which takes a qube that is called for running */
  constructor(caller: QrexecCaller) {
    this.#caller = caller;
  }

  async call(
    qube: string,
    service: string,
    signal: AbortSignal,
    { input = '', asRoot = false }: ServiceDetails = {},
  ): Promise<void> {
    signal.throwIfAborted();
    const over = new AbortController();
    const aborted = once(signal, 'abort', { signal: over.signal }).then(
      () => signal.throwIfAborted(),
      () => undefined,
    );
    try {
      const called = parseCalled(service);
      const request = { target: qube, ...called, signal, asRoot };
      await Promise.race([aborted, this.#toItsEnd(request, input)]);
    } finally {
      over.abort();
    }
  }

  async #toItsEnd(request: QrexecRequest, input: string): Promise<void> {
    const name = `${request.service} in ${request.target}`;
    try {
      const call = await this.#caller.call(request);
      await send(call, input);
      const untrustedAnswer = await endOf(call.stdout);
      const status = await call.finished;
      const untrustedSaid = `${untrustedAnswer}\n${call.untrustedStderr()}`;
      if (status === NO_SERVICE) throw new NoServiceError(`There is no ${name}`);
      if (status !== 0) throw new QubesException(`${name} failed: ${told(untrustedSaid, status)}`);
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof CallError && error.status === NO_SERVICE) {
        throw new NoServiceError(`There is no ${name}`, { cause: error });
      }
      if (!(error instanceof QubesRpcError)) throw error;
      throw new QubesException(`Cannot call ${name}: ${error.message}`, { cause: error });
    }
  }
}

/** Who does not read what it is sent may be well all the same. */
async function send({ stdin }: QrexecCall, input: string): Promise<void> {
  try {
    if (input !== '') await stdin.write(Buffer.from(input));
    await stdin.end();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

async function endOf(untrusted: AsyncIterable<Uint8Array>): Promise<string> {
  let tail = Buffer.alloc(0);
  for await (const block of untrusted) tail = Buffer.concat([tail, block]).subarray(-MAX_TOLD);
  return tail.toString('latin1');
}

function told(untrustedSaid: string, status: number): string {
  const lines = untrustedSaid.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '').join('; ');
  return said === '' ? `exit status ${status}` : printable(said.slice(-MAX_TOLD), MAX_TOLD);
}
