import { QubesException } from '../../base/admin-error.ts';
import type { PciDevice } from '../../hypervisor/hypervisor.ts';
import { virtMode } from '../properties/memory.ts';
import type { Device } from './device.ts';
import type { DeviceClass } from './device-class.ts';

const FIRST_SEGMENT = '0000:';
const MAX_NAME = 255;

/** PCI devices: those of the machine, all of which are dom0's. */
export const PCI: DeviceClass = {
  name: 'pci',
  comesWithDomain: true,
  attachesLater: false,
  async available(backend) {
    if (backend.className !== 'AdminVM') return [];
    return backend.system.hypervisor.pciDevices.map((found) => describe(backend.name, found));
  },
  prepare(qube, _device, options) {
    if (qube.find(virtMode) === 'pvh') {
      throw new QubesException("Can't attach PCI device to VM in pvh mode");
    }
    return { told: options, used: options };
  },
};

function describe(backend: string, found: PciDevice): Device {
  const { address, vendorId, deviceId, classCode } = found;
  const interfaces = [`p${classCode}`];
  return {
    deviceClass: PCI.name,
    backend,
    port: portOf(address),
    device: `0x${vendorId}:0x${deviceId}::${interfaces.join('')}`,
    vendor: found.vendor?.slice(0, MAX_NAME),
    product: found.product?.slice(0, MAX_NAME),
    interfaces,
    data: new Map([['sbdf', address]]),
  };
}

/** `0000:00:14.0` is `00_14.0`; other segments of the bus are named. */
function portOf(address: string): string {
  const short = address.startsWith(FIRST_SEGMENT) ? address.slice(FIRST_SEGMENT.length) : address;
  return short.replaceAll(':', '_');
}
