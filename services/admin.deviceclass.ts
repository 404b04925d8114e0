import { requirePermission } from '../lib/rpc/admin-call.ts';
import { READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';

/** USB devices and microphones join the list together with the calls that serve them. */
const CLASSES = ['pci', 'block'];

export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    name: 'admin.deviceclass.List',
    summary: 'Names of the classes of devices, one per line.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(CLASSES);
    },
  },
];
