/** Whoever restores a qube gives it this tag: with it no qube starts, here as with stock qubesd. */
export const RESTORING = 'backup-restore-in-progress';

/** The tag a restored qube keeps: `restored-from-backup-at-2026-11-22`, the day in local time. */
export function restoredTag(when: Date): string {
  const day = [when.getFullYear(), when.getMonth() + 1, when.getDate()]
    .map((number) => String(number).padStart(2, '0'))
    .join('-');
  return `${RESTORED}${day}`;
}

/** How the tags begin that restored qubes keep. */
export const RESTORED = 'restored-from-backup-at-';
