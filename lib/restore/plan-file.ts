import { UsageError } from '../base/errors.ts';
import { firstIssue } from '../base/first-issue.ts';
import { restorePlan, type RestorePlan } from '../base/restore-plan.ts';

/**
 * Reads a plan that was saved, and perhaps edited.
 * @throws UsageError when it is no plan
 */
export function parsePlan(untrustedText: string): RestorePlan {
  let untrusted: unknown;
  try {
    untrusted = JSON.parse(untrustedText);
  } catch {
    throw new UsageError('Cannot use the plan: it is not JSON');
  }
  const parsed = restorePlan.safeParse(untrusted);
  if (parsed.success) return parsed.data;
  throw new UsageError(`Cannot use the plan: ${firstIssue(parsed.error)}`);
}

/** The plan as it is saved: for people to edit. */
export function planText(plan: RestorePlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}
