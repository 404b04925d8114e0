import { NeedsError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { App } from '../../model/app.ts';
import { checkStore } from '../../model/store/check-store.ts';
import { embeddedDoors } from '../embedded-doors.ts';
import type { Machine } from '../takeover/machine.ts';
import type { Systemd } from './systemd.ts';

/** What a host is to be on a machine. */
export interface HostSwitch {
  readonly machine: Machine;
  readonly systemd: Systemd;
  /** Folder of its system, of the machine. */
  readonly root: string;
  /** Whether the daemon of Qubes OS is stopped and masked for it. */
  readonly replacesStock: boolean;
  readonly log: Logger;
}

/**
 * Whether the host could go on with the store.
 * @returns the system in it
 * @throws NeedsError or DamagedError when it could not
 */
export function check({ machine, root, log }: HostSwitch): Promise<App> {
  return checkStore(machine.at(root), embeddedDoors(root), log);
}

export function inUse(user: string, hint: string): NeedsError {
  return new NeedsError(`Cannot enable the host: ${user}`, { hint });
}
