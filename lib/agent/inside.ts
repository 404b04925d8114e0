import type { Logger } from '../base/log.ts';

/** What services see of the qube they run in. */
export interface Inside {
  /** Its environment: where programs are found, among others. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the sockets of Qubes' own programs. */
  readonly run: string;
  /** Folder with a folder for each network interface. */
  readonly interfaces: string;
  /** Folder with a folder for each module of the kernel. */
  readonly modules: string;
}

/** The qube that this process runs in. */
export const THIS_QUBE: Inside = {
  env: process.env,
  run: '/var/run/qubes',
  interfaces: '/sys/class/net',
  modules: '/sys/module',
};

/** What everything that is waited for in a qube comes with. */
export interface Waiting {
  readonly inside: Inside;
  /** Gets what programs say. */
  readonly log: Logger;
  /** Ends the waiting, and the programs that wait. */
  readonly signal: AbortSignal;
}
