import { join } from 'node:path';

/** Where a policy is: what `loadPolicy` takes. */
export type PolicyPlace = readonly [folders: readonly string[], legacyFolder: string];

/** The policy of dom0 of Qubes OS. */
export const DOM0_POLICY: PolicyPlace = [
  ['/run/qubes/policy.d', '/etc/qubes/policy.d'],
  '/etc/qubes-rpc/policy',
];

/** The policy of an embedded system: what is in `run/` counts until somebody takes it away. */
export function embeddedPolicy(root: string): PolicyPlace {
  const folders = [join(root, 'run', 'policy.d'), join(root, 'policy.d')];
  return [folders, join(root, 'qubes-rpc', 'policy')];
}
