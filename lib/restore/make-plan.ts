import type { Backup } from '../archive/api.ts';
import type { BackupQube } from '../archive/metadata/metadata.ts';
import { UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { PlannedQube, RestorePlan, RestoreProblem } from '../base/restore-plan.ts';
import { chooseNames } from './choose-names.ts';
import type { HostFacts } from './host-facts.ts';
import { isWanted, type PlanContext } from './plan-context.ts';
import { planHome } from './plan-home.ts';
import { planPools } from './plan-pools.ts';
import { findingsOf, planQube } from './plan-qube.ts';
import type { Finding } from './plan-parts.ts';
import type { RestoreOptions } from './restore-options.ts';

/** A backup that a restore is planned of. */
export type PlannedBackup = Pick<Backup, 'identity' | 'metadata'>;

/** Problems of a qube that depends on something: `--skip-broken` leaves it out. */
const BROKEN: readonly RestoreProblem['code'][] = [
  'MISSING_TEMPLATE',
  'MISSING_NETVM',
  'MISSING_KERNEL',
  'NOT_RESTORABLE',
];

/**
 * Plans a restore: for every qube of the backup what it will be, and what speaks against it. Asks
 * nobody and changes nothing.
 * @param archive the backup as the person named it
 * @throws UsageError for a qube that the backup does not know, and for a pool that is not there
 */
export function planRestore(
  { identity, metadata }: PlannedBackup,
  archive: string,
  host: HostFacts,
  options: RestoreOptions,
): RestorePlan {
  refuseUnknown(metadata.qubes, host, options);
  const all = [...metadata.qubes.values()].filter(
    ({ class: className, backup }) => className !== 'AdminVM' && backup.included,
  );
  const wanted = all.filter(({ name }) => isWanted(name, options));
  const namesOf = (qubes: readonly BackupQube[]): string[] => qubes.map(({ name }) => name);
  const context: PlanContext = {
    ...{ metadata, host, options },
    names: chooseNames(namesOf(wanted), namesOf(all), host, options),
    restored: new Set(namesOf(wanted)),
  };
  const settled = { ...context, restored: whatCanBeRestored(wanted, context) };
  const qubes = all.map((qube) =>
    wanted.includes(qube) ? planWanted(qube, settled) : planExcluded(qube, settled),
  );
  const home = planHome(metadata, host, options);
  return {
    type: 'restore-plan',
    version: 1,
    archive,
    backup: identity,
    qubes,
    ...(home !== undefined && { home }),
    pools: planPools(qubes, host),
    ignoreSizeLimit: options.ignoreSizeLimit,
  };
}

/**
 * A qube that cannot be restored takes those with it that need it, and these may take others, also
 * in a circle (a netvm based on a template behind that netvm): from all, those are taken away that
 * cannot be, until nothing changes.
 */
function whatCanBeRestored(wanted: readonly BackupQube[], context: PlanContext): Set<string> {
  const restored = new Set(context.restored);
  for (let before = Infinity; restored.size < before;) {
    before = restored.size;
    for (const qube of wanted) {
      if (!restored.has(qube.name)) continue;
      const findings = findingsOf(qube, { ...context, restored });
      if (findings.some(({ settled }) => !settled)) restored.delete(qube.name);
    }
  }
  return restored;
}

function planWanted(qube: BackupQube, context: PlanContext): PlannedQube {
  const { conflicting, skipBroken } = context.options;
  const findings = findingsOf(qube, context);
  const isAllowed = ({ code, settled }: Finding): boolean =>
    settled ||
    (code === 'ALREADY_EXISTS' ? conflicting === 'skip' : skipBroken && BROKEN.includes(code));
  // One reason to leave it out is enough: the others stop nothing then.
  const isLeftOut = findings.some((finding) => !finding.settled && isAllowed(finding));
  const problems = findings.map((finding) => ({
    code: finding.code,
    message: finding.message,
    blocks: !isLeftOut && !isAllowed(finding),
  }));
  return planQube(qube, context, isLeftOut ? 'skip' : 'restore', problems);
}

function planExcluded(qube: BackupQube, context: PlanContext): PlannedQube {
  const problem = { code: 'EXCLUDED', message: 'left out by choice', blocks: false } as const;
  return planQube(qube, context, 'skip', [problem]);
}

function refuseUnknown(
  qubes: PlannedBackup['metadata']['qubes'],
  { pools }: HostFacts,
  { include, exclude, names, overridePool }: RestoreOptions,
): void {
  for (const name of [...include, ...exclude, ...(names?.keys() ?? [])]) {
    if (!qubes.has(name)) throw new UsageError(`There is no qube ${printable(name)} in the backup`);
  }
  for (const name of include) {
    if (qubes.get(name)?.backup.included === true) continue;
    throw new UsageError(`The backup mentions ${printable(name)}, but has no data of it`);
  }
  if (overridePool === undefined || pools.size === 0) return;
  const pool = pools.get(overridePool);
  if (pool === undefined) throw new UsageError(`There is no pool ${printable(overridePool)}`);
  if (pool.driver === 'linux-kernel') {
    throw new UsageError(
      `Cannot restore into the pool ${printable(overridePool)}: it holds kernels`,
    );
  }
}
