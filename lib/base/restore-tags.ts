/** Whoever restores a qube gives it this tag: with it no qube starts, here as with stock qubesd. */
export const RESTORING = 'backup-restore-in-progress';

/** The tag a restored qube keeps: `restored-from-backup-at-2026-11-22`, the day in local time. */
export function restoredTag(when: Date): string {
  const day = [when.getFullYear(), when.getMonth() + 1, when.getDate()]
    .map((number) => String(number).padStart(2, '0'))
    .join('-');
  return `${RESTORED}${day}`;
}

/** Tags by which the shipped policy gives rights to qubes that restore: only dom0 hands them out. */
export const RIGHTS_TAGS = ['backup-manager', 'backup-managed', 'backup-storage'];

/** How the tags begin that restored qubes keep. */
export const RESTORED = 'restored-from-backup-at-';
