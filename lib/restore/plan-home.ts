import type { BackupMetadata } from '../archive/metadata/metadata.ts';
import type { PlannedHome, RestoreProblem } from '../base/restore-plan.ts';
import type { HostFacts } from './host-facts.ts';
import { isWanted } from './plan-context.ts';
import type { RestoreOptions } from './restore-options.ts';

const DOM0 = 'dom0';

/** The plan of dom0's home; undefined where the backup has none. */
export function planHome(
  { qubes }: Pick<BackupMetadata, 'qubes'>,
  { user: ours }: Pick<HostFacts, 'user'>,
  options: RestoreOptions,
): PlannedHome | undefined {
  const backup = qubes.get(DOM0)?.backup;
  const user = backup?.path?.split('/').at(-1);
  if (backup?.included !== true || user === undefined) return undefined;
  if (!options.dom0Home || !isWanted(DOM0, options)) {
    const problem = { code: 'EXCLUDED', message: 'left out by choice', blocks: false } as const;
    return { user, action: 'skip', size: backup.size, problems: [problem] };
  }
  const problems: RestoreProblem[] = [];
  if (ours !== undefined && ours !== user) {
    problems.push({
      code: 'USERNAME_MISMATCH',
      message: `it is the home of ${user}, and here the user is ${ours}`,
      blocks: !options.ignoreUsernameMismatch,
    });
  }
  return { user, action: 'restore', size: backup.size, problems };
}
