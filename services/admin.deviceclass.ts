import { requirePermission } from '../lib/rpc/admin-call.ts';
import { READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';

/** Those of the reference itself; USB devices and microphones came with packages of their own. */
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
