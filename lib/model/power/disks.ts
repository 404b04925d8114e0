import type { Disk } from '../../hypervisor/hypervisor.ts';
import type { Qube } from '../qube.ts';
import type { AttachedDevice } from '../../hypervisor/hypervisor.ts';

// Until the storage and device parts are merged.
export async function verifyVolumes(_qube: Qube): Promise<void> {}
export async function startVolumes(_qube: Qube): Promise<readonly Disk[]> {
  return [];
}
export async function stopVolumes(_qube: Qube): Promise<void> {}
export async function requireAssignedDevices(_qube: Qube): Promise<void> {}
export async function devicesAtSpawn(_qube: Qube): Promise<readonly AttachedDevice[]> {
  return [];
}
