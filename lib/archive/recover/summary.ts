import { statusOf } from '../../base/exit-code.ts';
import type { SummaryEvent } from '../../base/report.ts';
import type { Outcome } from '../api.ts';

/** How a run ended, as machines read it. */
export function summaryOf(
  command: string,
  archive: string,
  backupId: string | undefined,
  outcome: Outcome,
): SummaryEvent {
  const { ok, failure, qubes, archiveBytes, warnings, errors, seconds } = outcome;
  return {
    type: 'summary',
    command,
    archive,
    ...(backupId === undefined ? {} : { backupId }),
    ok,
    exitCode: failure === undefined ? 0 : statusOf(failure),
    seconds,
    archiveBytes,
    warnings,
    errors,
    qubes: [...qubes],
  };
}
