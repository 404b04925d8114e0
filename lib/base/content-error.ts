import { DamagedError } from './errors.ts';

/**
 * The error of a small file of a backup (`qubes.xml`, `firewall.xml`…) that arrived genuine but
 * does not say what it must. `reason` has to be safe to show.
 */
export function contentError(file: string, reason: string, cause?: unknown): DamagedError {
  return new DamagedError(
    `Cannot read ${file}: ${reason}`,
    { file, stage: 'content' },
    cause === undefined ? undefined : { cause },
  );
}
