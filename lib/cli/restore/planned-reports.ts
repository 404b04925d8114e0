import type { Backup } from '../../archive/api.ts';
import type { QubeReport } from '../../base/report.ts';
import type { RestorePlan } from '../../base/restore-plan.ts';

/** The qubes of the backup, and whether the plan restores them. */
export function plannedReports(
  backup: Backup,
  { qubes, home }: RestorePlan,
): readonly QubeReport[] {
  const chosen = new Set(
    qubes.filter(({ action }) => action === 'restore').map(({ name }) => name),
  );
  if (home?.action === 'restore') chosen.add('dom0');
  return backup.plan().map((qube) => ({ ...qube, selected: chosen.has(qube.name) }));
}
