import { withTemplates } from './properties/template.ts';
import type { Qube } from './qube.ts';
import { featureWithTemplate } from './feature-lookup.ts';

/**
 * Whether a qube's memory may be changed while it runs: not with PCI devices, and in a fully
 * virtualised qube only if its system says that it takes part.
 * @param virtMode of the qube
 */
export function canBalanceMemory(qube: Qube, virtMode: string): boolean {
  if (!qube.system.hypervisor.host.balancesMemory || hasPciDevices(qube)) return false;
  if (virtMode !== 'hvm') return true;
  if (!isOn(featureWithTemplate(qube, 'qrexec'))) return false;
  const announcesServices = [...withTemplates(qube)].some((one) =>
    [...one.features.names()].some((feature) => feature.startsWith('supported-service.')),
  );
  return !announcesServices || isOn(featureWithTemplate(qube, 'supported-service.meminfo-writer'));
}

/** Whether PCI devices are assigned to a qube. */
export function hasPciDevices(qube: Qube): boolean {
  return qube.devices.list('pci').length > 0;
}

function isOn(feature: string | undefined): boolean {
  return feature !== undefined && feature !== '';
}
