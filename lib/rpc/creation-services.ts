import { ProtocolError, QubesException, QubesVMNotFoundError } from '../base/admin-error.ts';
import { printable } from '../base/printable.ts';
import { RESTORING } from '../base/restore-tags.ts';
import { QUBE_CLASSES } from '../model/classes/classes.ts';
import { createQube, requireUnusedName } from '../model/create-qube.ts';
import type { Qube, QubeClass } from '../model/qube.ts';
import type { WantedPools } from '../model/lay-out-volumes.ts';
import { requirePermission } from './admin-call.ts';
import type { AdminCall } from './admin-call.ts';
import { CHANGES_SYSTEM } from './admin-facts.ts';
import type { AdminService } from './admin-service.ts';
import { parseCreationRequest } from './creation-request.ts';
import type { CreationRequest } from './creation-request.ts';

/**
 * A call for each class that creates a qube of it.
 * @param prefix under which they go: `admin.vm.Create`
 * @param withPools whether the caller may choose where its volumes are
 */
export function creationServices(prefix: string, withPools: boolean): readonly AdminService[] {
  return Object.values(QUBE_CLASSES).map((klass) => ({
    ...CHANGES_SYSTEM,
    name: `${prefix}.${klass.name}`,
    summary: summaryOf(klass, withPools),
    argument: 'optional',
    payload: 'optional',
    handle: (call) => create(call, klass, withPools),
  }));
}

async function create(call: AdminCall, klass: QubeClass, withPools: boolean): Promise<undefined> {
  if (call.argument !== '' && !hasTemplate(klass)) {
    throw new ProtocolError(`${klass.name} cannot be based on template`);
  }
  const request = parseCreationRequest(call.untrustedPayload, withPools);
  // What exists is not told to a caller who may not create.
  requirePermission(call);
  requireUnusedName(call.app, request.name);
  await createQube(call.app, {
    className: klass.name,
    name: request.name,
    // In the order of the reference, whose first complaint clients know.
    ...(call.argument === '' ? {} : { template: findTemplate(call) }),
    label: call.app.label(request.label),
    ...choosePools(call, request),
    createdBy: call.source,
    restoring: request.restoring,
  });
  return undefined;
}

function findTemplate({ app, argument }: AdminCall): Qube {
  const template = app.qubes.find(argument);
  if (template === undefined) throw QubesVMNotFoundError.of(argument);
  return template;
}

function choosePools({ app }: AdminCall, { pool, pools }: CreationRequest): WantedPools {
  for (const name of [...(pool === undefined ? [] : [pool]), ...pools.values()]) {
    if (app.pool(name) === undefined) {
      throw new QubesException(`Unknown storage pool ${printable(name)}`);
    }
  }
  return { ...(pool === undefined ? {} : { pool }), pools };
}

function hasTemplate({ properties }: QubeClass): boolean {
  return properties.find('template') !== undefined;
}

function summaryOf(klass: QubeClass, withPools: boolean): string {
  if (klass.name === 'AdminVM') return 'Refused: there is only one dom0.';
  const based = hasTemplate(klass)
    ? ', based on the template in the argument, else on the default one'
    : '';
  const pools = withPools ? ', then `pool=POOL` for its volumes or `pool:VOLUME=POOL` for one' : '';
  const tag = `; with \`tag=${RESTORING}\` it cannot start`;
  return `Creates a qube of the class ${klass.name}${based}: \`name=work label=red\`${pools}${tag}.`;
}
