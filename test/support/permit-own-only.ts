import type { Permitted } from '../../lib/rpc/permitted.ts';

/** Stands for a policy that lets a qube see what concerns itself. */
export const permitOwnOnly: Permitted = (caller, _rpc, _argument, target) =>
  caller === 'dom0' || caller === target;
