import { printable } from '../../base/printable.ts';
import type { QrexecCall } from '../../qrexec/caller.ts';

/** Exit statuses of a qrexec call that mean something of their own; any other is the service's. */
const REFUSED = 126;
const NO_SERVICE = 127;

/** Why a call that was made by us has failed, once it has ended; safe to show. */
export async function failureOf(call: QrexecCall, service: string): Promise<string> {
  const status = await call.finished;
  if (status === REFUSED) return 'the call was refused';
  if (status === NO_SERVICE) return `it has no ${service} service`;
  const said = printable(call.untrustedStderr().trim().split('\n').at(-1) ?? '');
  return `its ${service} ended with exit status ${status}${said === '' ? '' : `: ${said}`}`;
}
