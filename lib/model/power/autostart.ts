import { autostart } from '../properties/local.ts';
import type { System } from '../qube.ts';
import { startQube } from './start-qube.ts';
import { reasonOf } from './to-admin-error.ts';

/**
 * Starts the qubes that are to start together with the machine, all at once: each starts its netvm
 * first. One that cannot be started does not keep the others from it; it goes to the log.
 * @returns when each runs, or has failed
 */
export async function startWithMachine({ qubes, log }: System): Promise<void> {
  const wanted = [...qubes].filter((qube) => qube.find(autostart) === true);
  await Promise.all(
    wanted.map(async (qube) => {
      try {
        await startQube(qube);
      } catch (error) {
        log.error(
          { err: error },
          `${qube.name}: cannot be started with the machine: ${reasonOf(error)}`,
        );
      }
    }),
  );
}
