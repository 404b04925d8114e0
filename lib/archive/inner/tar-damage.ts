import { DamagedError } from '../../base/errors.ts';

/** The error of everything that is wrong inside an inner tar. */
export function tarDamage(reason: string): DamagedError {
  return new DamagedError(`Cannot read the tar: ${reason}`, { stage: 'tar' });
}
