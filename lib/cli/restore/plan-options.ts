import type { RestoreOptions } from '../../restore/restore-options.ts';
import type { PlanRequest, RunRequest } from './plan-request.ts';
import type { TargetSystem } from './target-system.ts';

/** How a request wants a restore into that system planned. */
export function restoreOptions(
  request: PlanRequest | RunRequest,
  { home }: Pick<TargetSystem, 'home'>,
): RestoreOptions {
  const { qubes, exclude, ignoreMissing, netvm, pool } = request;
  return {
    include: qubes,
    exclude,
    conflicting: request.renameConflicting ? 'rename' : request.skipConflicting ? 'skip' : 'stop',
    useDefaultNetvm: netvm === 'default' || (netvm === undefined && ignoreMissing),
    useNoneNetvm: netvm === 'none',
    useDefaultTemplate: ignoreMissing,
    // A kernel is a matter of the host's updates; the reference never stops for one.
    useDefaultKernel: true,
    skipBroken: request.skipBroken,
    // From inside a qube there is no home of dom0 to be reached.
    dom0Home: !request.skipDom0Home && home !== undefined,
    ignoreUsernameMismatch: request.ignoreUsernameMismatch,
    overridePool: pool,
    ignoreSizeLimit: request.ignoreSizeLimit,
    devices: !request.skipDevices,
  };
}
