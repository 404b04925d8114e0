import { printable } from '../../base/printable.ts';
import { meaningOf } from '../../qrexec/call-error.ts';
import type { QrexecCall } from '../../qrexec/caller.ts';

/** Why a call of ours has failed, once it has ended: the end of a sentence, safe to show. */
export async function failureOf(call: QrexecCall, service: string): Promise<string> {
  const status = await call.finished;
  const meaning = meaningOf(status, service);
  if (meaning !== undefined) return meaning;
  const said = printable(call.untrustedStderr().trim().split('\n').at(-1) ?? '');
  return `its ${service} ended with exit status ${status}${said === '' ? '' : `: ${said}`}`;
}
