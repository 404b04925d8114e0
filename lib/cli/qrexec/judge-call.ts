import type { AdminClient } from '../../admin/client.ts';
import { loadPolicy } from '../../policy/load-policy.ts';
import { parseSystemFacts } from '../../policy/system-facts.ts';
import type { PolicyCall } from '../../policy/verdict.ts';
import type { Judgement } from '../../qrexec/embedded-doors.ts';
import { embeddedPolicy } from '../policy-place.ts';

/**
 * What the policy of an embedded system says to a call of a qube.
 * @param root folder of the system
 * @throws PolicyError when the policy is not usable, NeedsError when there is no host
 */
export async function judgeCall(
  root: string,
  client: AdminClient,
  call: PolicyCall,
): Promise<Judgement> {
  const policy = loadPolicy(...embeddedPolicy(root));
  const facts = parseSystemFacts(await client.calls.text('internal.GetSystemInfo'));
  const isKnown = call.target.startsWith('@') || facts.find(call.target) !== undefined;
  return {
    verdict: policy.evaluate(call, facts),
    requestedTarget: isKnown ? call.target : '@default',
  };
}
