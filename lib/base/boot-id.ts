import { readFileSync } from 'node:fs';

/** Another text each time that this machine is started; see random(4). */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
