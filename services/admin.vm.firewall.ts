import { ruleText } from '../lib/base/firewall/rule-text.ts';
import { firewallOf, reloadFirewall, setFirewall } from '../lib/model/firewall/set-firewall.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    destination: 'qube',
    name: 'admin.vm.firewall.Get',
    summary:
      'Firewall rules of a qube in their order, one per line: `action=accept dst4=10.0.0.0/8 proto=tcp dstports=22-22`.',
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      return lines((await firewallOf(call.destination)).map(ruleText));
    },
  },
  {
    ...CHANGES_QUBE,
    destination: 'qube',
    name: 'admin.vm.firewall.Set',
    summary:
      'Replaces the firewall rules of a qube by those of the payload, all or none; what no rule lets pass is dropped.',
    argument: 'none',
    payload: 'required',
    async handle(call) {
      requirePermission(call);
      await setFirewall(call.destination, call.untrustedPayload);
      return undefined;
    },
  },
  {
    ...CHANGES_QUBE,
    destination: 'qube',
    access: { scope: 'local', effect: 'execute' },
    name: 'admin.vm.firewall.Reload',
    summary: 'Brings the firewall rules of a qube anew to the qube that is its netvm.',
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      await reloadFirewall(call.destination);
      return undefined;
    },
  },
];
