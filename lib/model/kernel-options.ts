import { DEFAULT_MODE, defaultBootmode } from './boot-mode.ts';
import { PCI } from './devices/pci.ts';
import { devicesMeant } from './devices/find-devices.ts';
import { featureWithTemplate } from './feature-lookup.ts';
import { kernel, kernelopts } from './properties/kernel.ts';
import { bootmode } from './properties/local.ts';
import type { Qube } from './qube.ts';

/** For kernels that do not say themselves what they need. */
const COMMON =
  'root=/dev/mapper/dmroot ro nomodeset console=hvc0 rd_NO_PLYMOUTH rd.plymouth.enable=0 ' +
  'plymouth.enable=0 xen_privcmd.unrestricted';

/** How the interfaces of graphics devices begin. */
const DISPLAY = 'p03';

/** By feature, which must be 1: options that switch a security module on. Only the first counts. */
const SECURITY_MODULES = {
  apparmor: 'apparmor=1 security=apparmor',
  selinux: 'selinux=1 security=selinux',
};

/**
 * What the kernel of a qube is told: what each qube's is, what its property says, which security
 * module it uses, and what its boot mode adds.
 * @returns undefined for a qube without a kernel of dom0
 */
export async function kernelOptionsOf(qube: Qube): Promise<string | undefined> {
  const name = qube.find(kernel) ?? '';
  if (name === '') return undefined;
  const own = qube.find(kernelopts) ?? '';
  const parts = isOn(qube, 'no-default-kernelopts')
    ? [own]
    : [await commonOptions(qube, name), own, securityModule(qube)];
  return [...parts, bootModeOptions(qube)].filter((part) => part !== '').join(' ');
}

async function commonOptions(qube: Qube, name: string): Promise<string> {
  const common = qube.system.storage.kernel(name)?.commonOptions ?? COMMON;
  const options = (await leavesModesAlone(qube))
    ? common
    : common
        .split(' ')
        .filter((option) => option !== 'nomodeset')
        .join(' ');
  if (featureWithTemplate(qube, 'os') !== 'Linux') return options;
  return `systemd.machine_id=${qube.uuid.replaceAll('-', '')} ${options}`;
}

/** The kernel may set graphics modes where the qube has a graphics device. */
async function leavesModesAlone(qube: Qube): Promise<boolean> {
  const wanted = featureWithTemplate(qube, 'no-nomodeset');
  if (wanted !== undefined) return wanted === '';
  for (const assignment of qube.devices.list(PCI.name)) {
    const devices = await devicesMeant(qube.system, PCI, assignment);
    if (devices.some(({ interfaces }) => interfaces.some((one) => one.startsWith(DISPLAY)))) {
      return false;
    }
  }
  return true;
}

function securityModule(qube: Qube): string {
  for (const [feature, options] of Object.entries(SECURITY_MODULES)) {
    if (featureWithTemplate(qube, feature) === '1') return options;
  }
  return '';
}

/** Of a mode that nobody knows any more the default one's. */
function bootModeOptions(qube: Qube): string {
  for (const mode of [qube.get(bootmode), defaultBootmode(qube)]) {
    if (mode === DEFAULT_MODE) return '';
    const options = featureWithTemplate(qube, `boot-mode.kernelopts.${mode}`);
    if (options !== undefined) return options;
  }
  return '';
}

function isOn(qube: Qube, feature: string): boolean {
  return (featureWithTemplate(qube, feature) ?? '') !== '';
}
