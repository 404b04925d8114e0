import type { Waiting } from './inside.ts';
import { runProgram } from './run-program.ts';

/** In what language the failed units are told. */
const PLAIN = { LC_ALL: 'C', TERM: 'dumb' };

/**
 * Waits until a manager of systemd has started all that belongs to its start. What state it is in goes
 * to the log, and if that is a bad one also which units have failed.
 * @param which arguments that say which manager: `--user`; none for that of the system
 * @returns exit status: that of systemctl, 0 when all is well
 */
export async function waitForUnits(which: readonly string[], waiting: Waiting): Promise<number> {
  const { log } = waiting;
  const start = await runProgram('systemctl', [...which, '--wait', 'is-system-running'], waiting);
  if (start.text !== '') log.info(start.text);
  if (start.status === 0) return 0;
  const failed = await runProgram(
    'systemctl',
    [...which, '--failed', '--legend=no'],
    waiting,
    PLAIN,
  );
  if (failed.text !== '') log.info(failed.text);
  return start.status;
}
