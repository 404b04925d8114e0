import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { AdminClient } from '../../admin/client.ts';
import { diskError } from '../../base/disk-error.ts';
import { createWith } from './commands/create-qube.ts';

const TEMPLATE = 'fedora-41';

/** What the agent in a template would tell of it, as far as it is true of embedded qubes. */
const TEMPLATE_FEATURES = [
  'qrexec',
  'supported-rpc.qubes.VMExec',
  'supported-rpc.qubes.WaitForNetworkUplink',
  'supported-rpc.qubes.WaitForRunningSystem',
  'supported-rpc.qubes.WaitForSession',
];

const KERNEL = '6.12.0';
const KERNEL_FILES = ['vmlinuz', 'initramfs', 'modules.img'];

interface SampleQube {
  readonly name: string;
  readonly label: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** Global properties that name it from then on. */
  readonly system?: readonly string[];
}

/** What a fresh Qubes OS has, in the order in which one needs the other. */
const APP_QUBES: readonly SampleQube[] = [
  {
    name: 'sys-net',
    label: 'red',
    properties: { netvm: '', provides_network: 'True' },
    system: ['clockvm'],
  },
  {
    name: 'sys-firewall',
    label: 'green',
    properties: { provides_network: 'True', netvm: 'sys-net' },
    system: ['default_netvm', 'updatevm'],
  },
  {
    name: 'default-dvm',
    label: 'red',
    properties: { template_for_dispvms: 'True' },
    system: ['default_dispvm'],
  },
  { name: 'personal', label: 'yellow' },
  { name: 'untrusted', label: 'red' },
  { name: 'vault', label: 'black', properties: { netvm: '' } },
  { name: 'work', label: 'blue' },
];

/**
 * Makes a small set of qubes through the Admin API, on a template without a system in it and an
 * empty kernel: for trying things, not for starting them.
 * @param root folder of the embedded system that the client calls
 */
export async function makeSample(root: string, client: AdminClient): Promise<void> {
  await makeKernel(root);
  await client.system.set('default_kernel', KERNEL);
  await client.create({ name: TEMPLATE, class: 'TemplateVM', label: 'black' });
  await client.system.set('default_template', TEMPLATE);
  for (const feature of TEMPLATE_FEATURES) await client.qube(TEMPLATE).features.set(feature, '1');
  for (const { name, label, properties = {}, system = [] } of APP_QUBES) {
    const wanted = { name, label, class: 'AppVM', template: TEMPLATE };
    await createWith({ client, undo: client }, wanted, Object.entries(properties));
    for (const property of system) await client.system.set(property, name);
  }
}

async function makeKernel(root: string): Promise<void> {
  const folder = join(root, 'vm-kernels', KERNEL);
  try {
    await mkdir(folder, { recursive: true });
    for (const file of KERNEL_FILES) await writeFile(join(folder, file), '');
  } catch (error) {
    throw diskError(error, 'make the kernel', folder);
  }
}
