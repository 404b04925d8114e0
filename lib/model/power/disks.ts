import type { Disk } from '../../hypervisor/hypervisor.ts';
import type { Qube } from '../qube.ts';

// Until the storage part is merged.
export async function verifyVolumes(qube: Qube): Promise<void> {
  qube.fire('domain-verify-files', {});
}
export async function startVolumes(_qube: Qube): Promise<readonly Disk[]> {
  return [];
}
export async function stopVolumes(_qube: Qube): Promise<void> {}
export async function cancelVolumes(_qube: Qube): Promise<void> {}
