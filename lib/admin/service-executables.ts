import { join } from 'node:path';

import { NeedsError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { callProgram } from './program-call.ts';
import type { AdminStream, Transport } from './transport.ts';

/** Where the executables of services are, and what they need. */
export interface ExecutablesPlace {
  /** Folders they are looked for in, the first one first. */
  readonly folders: readonly string[];
  /** Added to their environment: the system they are of. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether they need the rights of root, for the disks of dom0. */
  readonly asRoot: boolean;
}

/** Serves calls with a stream as qrexec would: starts the service's executable, as dom0. */
export class ServiceExecutables implements Pick<Transport, 'stream'> {
  readonly #place: ExecutablesPlace;

  constructor(place: ExecutablesPlace) {
    this.#place = place;
  }

  async *stream(
    { method, argument, destination, payload }: AdminStream,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { env, asRoot } = this.#place;
    const executable = await this.#find(method);
    const facts = {
      ...env,
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET_TYPE: 'name',
      QREXEC_REQUESTED_TARGET: destination,
      QREXEC_SERVICE_FULL_NAME: `${method}+${argument}`,
      QREXEC_SERVICE_ARGUMENT: argument,
    };
    const call = asRoot
      ? await throughSudo(executable, argument, facts)
      : { program: executable, args: [argument], env: facts };
    const end = yield* callProgram({ ...call, payload }, signal);
    if (end.answered) return;
    const said = printable(end.untrustedStderr.trim().split('\n').at(-1) ?? '');
    throw new NeedsError(
      `${method} ended with ${end.status ?? 'a signal'} and no answer${said && `: ${said}`}`,
    );
  }

  async #find(method: string): Promise<string> {
    const { folders } = this.#place;
    for (const folder of folders) {
      const program = await findProgram(join(folder, method));
      if (program !== undefined) return program;
    }
    throw new NeedsError(
      `The service ${method} is not installed (no program in ${folders.join(' or ')})`,
    );
  }
}

/** sudo takes the environment away: it is given behind it. */
async function throughSudo(
  executable: string,
  argument: string,
  facts: Readonly<Record<string, string>>,
): Promise<{ readonly program: string; readonly args: readonly string[] }> {
  const sudo = await findProgram('sudo');
  if (sudo === undefined) throw new NeedsError('There is no sudo on the PATH');
  const pairs = Object.entries(facts).map(([key, value]) => `${key}=${value}`);
  return { program: sudo, args: ['env', ...pairs, executable, argument] };
}
