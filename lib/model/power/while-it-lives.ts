import { QubesException } from '../../base/admin-error.ts';
import type { Qube } from '../qube.ts';

/**
 * Waits for what is done to a running qube, but not beyond its end.
 * @throws QubesException when somebody kills it meanwhile
 */
export async function whileItLives<Result>(qube: Qube, work: Promise<Result>): Promise<Result> {
  let stopWatching = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stopWatching = qube.system.hypervisor.watch((uuid, change) => {
      if (uuid === qube.uuid && change === 'stopped') reject(killed(qube));
    });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    stopWatching();
  }
}

/** Says that a qube is gone that was to be started. */
export function killed({ name }: Qube): QubesException {
  return new QubesException(`${name} was killed in the meantime`);
}
