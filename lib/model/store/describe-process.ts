import { readFile } from 'node:fs/promises';

import { printable } from '../../base/printable.ts';

/** A process for a message: `process 1234 (qubesd)`. */
export async function describeProcess(pid: number): Promise<string> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name === '' ? `process ${pid}` : `process ${pid} (${printable(name.trim())})`;
}
