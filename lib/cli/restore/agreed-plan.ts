import { UsageError } from '../../base/errors.ts';
import type { RestorePlan } from '../../base/restore-plan.ts';
import { checkPlan, requireRunnable } from '../../restore/check-plan.ts';
import type { HostFacts } from '../../restore/host-facts.ts';
import { planRestore, type PlannedBackup } from '../../restore/make-plan.ts';
import { readHostFacts } from '../../restore/read-host-facts.ts';
import type { RestoreOptions } from '../../restore/restore-options.ts';
import { readUnfinished } from '../../restore/unfinished.ts';
import type { RestoreDoors } from '../restore-doors.ts';
import { askAboutPlan } from './ask-about-plan.ts';
import { restoreOptions } from './plan-options.ts';
import type { PlanRequest, RunRequest } from './plan-request.ts';
import { planTable } from './plan-table.ts';
import { loadPlan } from './saved-plan.ts';
import type { TargetSystem } from './target-system.ts';

/** A backup, as the person named it, and the system it is to be restored into. */
export interface Undertaking {
  readonly archive: string;
  readonly backup: PlannedBackup;
  readonly target: TargetSystem;
}

/** What is asked of the system once and then planned with. */
export async function planRequested(
  request: PlanRequest | RunRequest,
  undertaking: Undertaking,
): Promise<RestorePlan> {
  const host = await hostFacts(undertaking);
  return planRestore(
    undertaking.backup,
    undertaking.archive,
    host,
    restoreOptions(request, undertaking.target),
  );
}

/**
 * The plan that a run carries out: a saved one, or one that was just made, which the person has
 * agreed to unless nobody is to be asked. As with the reference, who names a passphrase file is not.
 * @throws UsageError, NeedsError where it cannot be carried out; CancelledError when the answer is no
 */
export async function agreedPlan(
  request: RunRequest,
  undertaking: Undertaking,
  doors: Pick<RestoreDoors, 'screen' | 'signal' | 'openTerminal'>,
): Promise<RestorePlan> {
  const { archive, backup } = undertaking;
  const host = await hostFacts(undertaking);
  const show = (plan: RestorePlan): void => {
    if (request.json || !request.quiet) doors.screen.show(plan);
  };
  if (request.plan !== undefined) {
    const saved = await loadPlan(request.plan);
    show(saved);
    checkPlan(saved, backup, host);
    return saved;
  }
  const options = restoreOptions(request, undertaking.target);
  const replan = (changed: RestoreOptions): RestorePlan =>
    planRestore(backup, archive, host, changed);
  const plan = replan(options);
  if (request.yes || request.passphraseFile !== undefined) {
    show(plan);
    requireRunnable(plan);
    return plan;
  }
  const terminal = request.json ? undefined : doors.openTerminal();
  if (terminal === undefined) {
    throw new UsageError('Cannot ask whether to restore: there is no terminal', {
      hint: 'Say --yes if you are sure.',
    });
  }
  try {
    const proposal = { plan, options, replan, show: planTable };
    return await askAboutPlan(proposal, terminal, doors.signal);
  } finally {
    terminal.close();
  }
}

async function hostFacts({ backup, target }: Undertaking): Promise<HostFacts> {
  const { client, state, user } = target;
  const unfinished = await readUnfinished(state, backup.identity, client);
  return await readHostFacts(client, { ...(user !== undefined && { user }), unfinished });
}
