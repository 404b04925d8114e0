import { createLog } from '../base/log.ts';
import type { RunEnd } from './program-process.ts';

/**
 * Runs a program in this process and ends it with the program's exit status. A fault is logged with
 * its stack and ends it with 70.
 * @param name of the program, for the person
 */
export function runMain(name: string, main: () => Promise<RunEnd>): void {
  const log = createLog();
  const endByFault = (error: unknown): never => {
    log.error({ err: error }, `A fault in ${name} itself. Please report it with the lines below.`);
    process.exit(70);
  };
  process.on('uncaughtException', endByFault);
  process.on('unhandledRejection', endByFault);
  main().then(({ status, fault }) => {
    if (fault !== undefined) endByFault(fault);
    // Everything is written; a pipe or a child that is still open must not hold up the end.
    process.exit(status);
  }, endByFault);
}
