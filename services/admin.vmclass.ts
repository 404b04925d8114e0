import { QUBE_CLASSES } from '../lib/model/classes/classes.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    name: 'admin.vmclass.List',
    summary: 'Names of the classes of qubes, one per line.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(Object.keys(QUBE_CLASSES));
    },
  },
];
