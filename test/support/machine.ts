import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MACHINE_FILE } from '../../lib/hypervisor/machine.ts';
import type { MachineSettings } from '../../lib/hypervisor/machine.ts';

/** Says what the machine of an embedded system is like, and what fails. */
export async function setMachine(
  { root }: { readonly root: string },
  settings: MachineSettings,
): Promise<void> {
  await writeFile(join(root, MACHINE_FILE), JSON.stringify(settings));
}
