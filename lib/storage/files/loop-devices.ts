import { readdir, readFile, realpath } from 'node:fs/promises';

import { execa } from 'execa';

const DEVICES = '/sys/block';

/** Lets the loop devices on a file know that its size has changed. */
export async function updateLoopDevices(path: string): Promise<void> {
  const backing = await realpath(path);
  for (const name of await readdir(DEVICES).catch(() => [])) {
    if (!/^loop\d+$/.test(name) || (await backingFile(name)) !== backing) continue;
    await execa('losetup', ['--set-capacity', `/dev/${name}`], { stdin: 'ignore' });
  }
}

/** @returns undefined when the device is not in use */
async function backingFile(device: string): Promise<string | undefined> {
  const text = await readFile(`${DEVICES}/${device}/loop/backing_file`, 'utf8').catch(() => '');
  return text.endsWith('\n') ? text.slice(0, -1) : undefined;
}
