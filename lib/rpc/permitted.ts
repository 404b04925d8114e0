import type { Logger } from '../base/log.ts';
import type { App } from '../model/app.ts';
import type { CurrentPolicy, LoadedPolicy } from '../policy/current-policy.ts';
import type { Policy } from '../policy/policy.ts';
import { problemText } from '../policy/policy-error.ts';
import type { SystemFacts } from '../policy/system-facts.ts';
import { policyFacts } from './policy-facts.ts';

/**
 * The policy question of the hosts: may `caller` make this call? `ask` counts as no, for nobody is
 * there to be asked.
 * @param caller name of a qube
 * @param argument what follows the `+`
 * @param target name of a qube, or `@adminvm`
 */
export type Permitted = (caller: string, rpc: string, argument: string, target: string) => boolean;

/** As many answers are remembered; those of a system with a thousand qubes to a few that look at them. */
const MAX_ANSWERS = 100_000;

/**
 * Answers by the policy of the system, and remembers the answers until it or the system changes.
 * dom0 may all. With a policy that cannot be used nobody else may anything, which is logged once.
 */
export function permittedByPolicy(
  app: App,
  current: Pick<CurrentPolicy, 'get'>,
  log: Logger,
): Permitted {
  const facts = policyFacts(app);
  const answers = new Map<string, boolean>();
  let known: LoadedPolicy | undefined;
  let versions = '';
  return (caller, rpc, argument, target) => {
    if (caller === 'dom0') return true;
    const loaded = current.get();
    const now = `${app.version} ${app.hypervisor.version}`;
    if (loaded !== known) logProblems(loaded, known, log);
    if (loaded !== known || now !== versions || answers.size >= MAX_ANSWERS) answers.clear();
    known = loaded;
    versions = now;
    if (loaded.policy === undefined) return false;
    const question = `${caller} ${rpc}+${argument} ${target}`;
    const answer =
      answers.get(question) ?? isAllowed(loaded.policy, { caller, rpc, argument, target }, facts);
    answers.set(question, answer);
    return answer;
  };
}

type Question = Readonly<Record<'caller' | 'rpc' | 'argument' | 'target', string>>;

/** Only dom0 answers calls of the Admin API: what is let through to the qube itself is another call. */
function isAllowed(policy: Policy, question: Question, facts: SystemFacts): boolean {
  const { caller: source, rpc: service, argument, target } = question;
  const verdict = policy.evaluate({ service, argument, source, target }, facts);
  return verdict.kind === 'allow' && verdict.target.kind === 'dom0';
}

function logProblems(now: LoadedPolicy, before: LoadedPolicy | undefined, log: Logger): void {
  const text = now.problems.map(problemText).join('\n');
  if (text === '' || text === before?.problems.map(problemText).join('\n')) return;
  log.error(`The policy cannot be used, and only dom0 is answered fully:\n${text}`);
}
