/**
 * The policy question of the hosts: may `caller` make this call? `ask` counts as no, for nobody is
 * there to be asked.
 * @param caller name of a qube
 * @param argument what follows the `+`
 * @param target name of a qube, or `@adminvm`
 */
export type Permitted = (caller: string, rpc: string, argument: string, target: string) => boolean;

/** The strict answer: dom0 may see all, a qube what concerns itself. */
export const permitOwnOnly: Permitted = (caller, _rpc, _argument, target) =>
  caller === 'dom0' || caller === target;
