import type { AdminClient } from '../../admin/client.ts';
import { printable } from '../../base/printable.ts';
import { loadPolicy } from '../../policy/load-policy.ts';
import { parseSystemFacts } from '../../policy/system-facts.ts';
import type { PolicyCall } from '../../policy/verdict.ts';
import { CallError, REFUSED } from '../../qrexec/call-error.ts';
import type { Judgement } from '../../qrexec/embedded-doors.ts';
import { embeddedPolicy } from '../policy-place.ts';

/**
 * What the policy of an embedded system says to a call of a qube.
 * @param root folder of the system
 * @throws CallError when there is no such caller, PolicyError when the policy is not usable, NeedsError
 *   when there is no host
 */
export async function judgeCall(
  root: string,
  client: AdminClient,
  call: PolicyCall,
): Promise<Judgement> {
  const policy = loadPolicy(...embeddedPolicy(root));
  const facts = parseSystemFacts(await client.calls.text('internal.GetSystemInfo'));
  const { source, target } = call;
  // On Qubes a call always comes from a qube, and a rule about all sources need not think of others.
  if (facts.find(source) === undefined) {
    throw new CallError(REFUSED, `Request refused: there is no qube ${printable(source)}`);
  }
  const isKnown = target.startsWith('@') || facts.find(target) !== undefined;
  return {
    verdict: policy.evaluate(call, facts),
    requestedTarget: isKnown ? target : '@default',
  };
}
