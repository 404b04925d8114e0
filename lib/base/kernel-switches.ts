import { readFile } from 'node:fs/promises';

const COMMAND_LINE = '/proc/cmdline';

/** By this on the command line of the kernel a person has nothing started with the machine. */
const SKIP_AUTOSTART = 'qubes.skip_autostart';

/**
 * Whether nothing is to be started with the machine: for one that does not get through its start.
 * @param path of the kernel's command line
 */
export async function skipsAutostart(path = COMMAND_LINE): Promise<boolean> {
  const words = (await readFile(path, 'utf8').catch(() => '')).split(/\s+/);
  // With a value or without, as systemd looks for it.
  return words.some((word) => word.split('=')[0] === SKIP_AUTOSTART);
}
