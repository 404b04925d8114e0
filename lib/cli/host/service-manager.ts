import { execa } from 'execa';

import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';

/**
 * Tells systemd how the host is: that it serves, that it stops, and as often as the unit asks
 * (`WatchdogSec=`) that its loop turns. Node has no datagram sockets of the Unix kind, so
 * `systemd-notify` carries the messages; the unit needs `NotifyAccess=all`. Without
 * `NOTIFY_SOCKET` nobody wants to know.
 */
export class ServiceManager {
  readonly #isThere: boolean;
  readonly #watchdogMs: number;
  readonly #log: Logger;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(env: NodeJS.ProcessEnv, pid: number, log: Logger) {
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: watched } = env;
    this.#isThere = socket !== undefined && socket !== '';
    const isWatched = watched === undefined || watched === String(pid);
    this.#watchdogMs = isWatched && usec !== undefined ? Number(usec) / 1000 : 0;
    this.#log = log;
  }

  /** The host serves. */
  async ready(): Promise<void> {
    if (!this.#isThere) return;
    await this.#tell('READY=1');
    if (this.#watchdogMs > 0) {
      // Half the time, as sd_watchdog_enabled(3) advises.
      this.#watchdog = setInterval(() => void this.#tell('WATCHDOG=1'), this.#watchdogMs / 2);
    }
  }

  /** The host is about to end. */
  async stopping(): Promise<void> {
    clearInterval(this.#watchdog);
    if (this.#isThere) await this.#tell('STOPPING=1');
  }

  async #tell(message: string): Promise<void> {
    try {
      await execa('systemd-notify', ['--no-block', message], { stdio: 'ignore' });
    } catch (error) {
      this.#log.warn(`Cannot tell systemd ${message}: ${reasonOf(error)}`);
    }
  }
}
