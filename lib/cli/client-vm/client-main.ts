import { constants } from 'node:os';

import { CancelledError, QubesRpcError, reasonOf, UsageError } from '../../base/errors.ts';
import { CallError, REFUSED } from '../../qrexec/call-error.ts';
import { Interruption } from '../interruption.ts';
import type { ProgramProcess, RunEnd } from '../program-process.ts';
import { embeddedCaller } from '../qrexec/embedded-qrexec.ts';
import { type ClientRequest, parseClientLine, USAGE } from './client-line.ts';
import { parseLauncher } from './launcher.ts';
import { makeCall } from './make-call.ts';

const WRONG_USAGE = 2;
const FAILED = 1;

/**
 * The program qrexec-client-vm of embedded qubes, with the usage and the exit statuses of Qubes' own.
 * @param argv the path it was started by, which says who calls, and its arguments
 */
export async function clientMain(
  [path = '', ...args]: readonly string[],
  host: ProgramProcess,
): Promise<RunEnd> {
  try {
    const request = parseClientLine(args);
    if (request === 'help') {
      host.stdout.write(USAGE);
      return { status: 0 };
    }
    return { status: await call(path, request, host) };
  } catch (error) {
    if (!(error instanceof QubesRpcError)) return { status: FAILED, fault: error };
    host.stderr.write(`${reasonOf(error)}\n`);
    return { status: error instanceof UsageError ? WRONG_USAGE : FAILED };
  }
}

async function call(path: string, request: ClientRequest, host: ProgramProcess): Promise<number> {
  const { root, qube } = parseLauncher(path);
  const interruption = new Interruption(host, () => host.exit(128 + constants.signals.SIGTERM));
  try {
    return await makeCall(embeddedCaller(root, qube), request, host, interruption.signal);
  } catch (error) {
    if (error instanceof CancelledError) return 128 + constants.signals.SIGTERM;
    // Why is nothing for the caller to know; the log has it.
    if (error instanceof CallError && error.status !== REFUSED) return error.status;
    if (!(error instanceof QubesRpcError)) throw error;
    host.stderr.write('Request refused\n');
    return REFUSED;
  } finally {
    interruption.dispose();
  }
}
