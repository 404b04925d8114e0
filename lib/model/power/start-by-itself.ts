import { preloadAll } from '../preload/preload-templates.ts';
import type { System } from '../qube.ts';
import { startWithMachine } from './autostart.ts';

/**
 * Starts what nobody has to ask for, once a host serves: the qubes that are to start together with
 * the machine, then the disposables that are to wait for their use. An earlier host may have ended
 * while it filled the stocks.
 * @param isFirst whether this is the first host since the machine was started
 */
export async function startByItself(system: System, isFirst: boolean): Promise<void> {
  if (isFirst) await startWithMachine(system);
  await preloadAll(system, isFirst ? 'autostart was requested' : 'the host was started again');
}
