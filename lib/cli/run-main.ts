import type { RunEnd } from './program-process.ts';

/**
 * Runs a program in this process and ends it with the program's exit status. A fault is logged with
 * its stack and ends it with 70.
 * @param name of the program, for the person
 */
export function runMain(name: string, main: () => Promise<RunEnd>): void {
  const endByFault = async (error: unknown): Promise<never> => {
    // Loaded only now: it is felt in what a program takes to start.
    const { createLog } = await import('../base/log.ts');
    const text = `A fault in ${name} itself. Please report it with the lines below.`;
    createLog().error({ err: error }, text);
    process.exit(70);
  };
  process.on('uncaughtException', (error) => void endByFault(error));
  process.on('unhandledRejection', (error) => void endByFault(error));
  main().then(({ status, fault }) => {
    if (fault !== undefined) return endByFault(fault);
    // Everything is written; a pipe or a child that is still open must not hold up the end.
    process.exit(status);
  }, endByFault);
}
