/** What policy has to know of a service. */
export interface PolicedService {
  readonly name: string;
  readonly access:
    | { readonly scope: 'local' | 'global'; readonly effect: 'read' | 'write' | 'execute' }
    | undefined;
}

const HEAD = `# Made from the declarations of the services by \`make generate\`: do not edit, it is replaced with
# every update. Rules of your own go into a file that comes before it, 30-user.policy, or into the
# files that are included here; those are kept.
#
# The Admin API: whoever may make these calls governs the machine, or that part of it the rule names.
# Each service includes one file:
#
#   include/admin-local-ro     reads what belongs to one qube
#   include/admin-local-rwx    changes one qube, or starts something in it
#   include/admin-global-ro    reads what belongs to the whole system
#   include/admin-global-rwx   changes the whole system
#
# A rule that allows or asks needs target=dom0.
`;

/**
 * The policy file of the Admin API: which include file decides about each of its services.
 * @param services in any order; those outside the Admin API are left out
 */
export function adminPolicy(services: readonly PolicedService[]): string {
  const rules = services.flatMap(({ name, access }) =>
    access === undefined || !isAdminApi(name)
      ? []
      : [`!include-service ${name} * include/admin-${access.scope}-${suffix(access.effect)}\n`],
  );
  return `${HEAD}\n${rules.sort().join('')}`;
}

/** Nobody may be allowed to make a second dom0: there are no rules about it. */
function isAdminApi(name: string): boolean {
  return name.startsWith('admin.') && !name.endsWith('.AdminVM');
}

function suffix(effect: 'read' | 'write' | 'execute'): 'ro' | 'rwx' {
  return effect === 'read' ? 'ro' : 'rwx';
}
