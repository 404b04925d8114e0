import { accept } from '../base/accept.ts';
import { NeedsError, UsageError } from '../base/errors.ts';
import { findProgram } from '../base/program.ts';
import type { QrexecCall, QrexecCaller, QrexecRequest } from './caller.ts';
import { callExecutable } from './executable-call.ts';
import { CalledNames, fullName } from './names.ts';

/** What a qube calls others with: on the PATH. */
const QUBE_PROGRAM = 'qrexec-client-vm';

/** What dom0 calls qubes with: on the PATH, or where older releases have it. */
const DOM0_PROGRAMS = ['qrexec-client', '/usr/lib/qubes/qrexec-client'];

/** A program of Qubes' qrexec, and how it is told what to call. */
interface Client {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Calls services by Qubes' own qrexec. Of a call that does not get as far as its service only the exit
 * status tells: see `meaningOf`.
 */
export class QubesCaller implements QrexecCaller {
  readonly #client: (called: Names, asRoot: boolean) => Promise<Client>;

  /** Calls from the qube we are in; policy of dom0 decides. */
  static inQube(): QubesCaller {
    return new QubesCaller(clientInQube);
  }

  /**
   * Calls from dom0, which policy does not restrict.
   * @param start sees to it that a qube runs: the program of dom0 does not
   */
  static inDom0(start: (qube: string) => Promise<void>): QubesCaller {
    return new QubesCaller(async (called, asRoot) => {
      const client = await clientInDom0(called, asRoot ? 'root' : 'DEFAULT');
      if (called.target !== 'dom0') await start(called.target);
      return client;
    });
  }

  private constructor(client: (called: Names, asRoot: boolean) => Promise<Client>) {
    this.#client = client;
  }

  async call(request: QrexecRequest): Promise<QrexecCall> {
    const { program, args } = await this.#client(
      accept(CalledNames, request),
      request.asRoot ?? false,
    );
    return callExecutable(
      {
        path: program,
        args,
        env: ourEnvironment(),
        cwd: process.cwd(),
        umask: undefined,
        log: undefined,
      },
      request,
    );
  }
}

/** Whether we are in a qube: its program to call others is there. */
export async function isInQube(): Promise<boolean> {
  return (await findProgram(QUBE_PROGRAM)) !== undefined;
}

/** Whether we are in dom0 of Qubes. */
export async function isInDom0(): Promise<boolean> {
  return (await dom0Program()) !== undefined;
}

interface Names {
  readonly target: string;
  readonly service: string;
  readonly argument: string;
}

async function clientInQube(called: Names): Promise<Client> {
  const program = await findProgram(QUBE_PROGRAM);
  if (program === undefined) {
    throw new NeedsError(`Cannot call another qube: there is no ${QUBE_PROGRAM} on the PATH`);
  }
  const service = called.argument === '' ? called.service : fullName(called);
  return { program, args: [called.target, service] };
}

async function clientInDom0(called: Names, user: string): Promise<Client> {
  const program = await dom0Program();
  if (program === undefined) {
    throw new NeedsError('Cannot call a qube from dom0: there is no qrexec-client');
  }
  if (called.target === '' || called.target.startsWith('@')) {
    throw new UsageError('From dom0 a call goes to a qube by its name');
  }
  // Never through its shell: a command that begins with QUBESRPC is looked up as a service.
  return {
    program,
    args: ['-d', called.target, '--', `${user}:QUBESRPC ${fullName(called)} dom0`],
  };
}

async function dom0Program(): Promise<string | undefined> {
  for (const name of DOM0_PROGRAMS) {
    const program = await findProgram(name);
    if (program !== undefined) return program;
  }
  return undefined;
}

function ourEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) env[name] = value;
  }
  return env;
}
