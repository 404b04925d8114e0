import { readFile } from 'node:fs/promises';

/** Fields of /proc/PID/stat behind the program's name that come before the start time. */
const FIELDS_BEFORE = 19;

/**
 * When a process started, in clock ticks since the machine did, as text: together with its number
 * this names a process for good, although numbers are used again.
 * @returns undefined when there is no such process
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The program's name may hold spaces and parentheses; nothing behind it does.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[FIELDS_BEFORE];
  return startTime !== undefined && /^\d+$/.test(startTime) ? startTime : undefined;
}
