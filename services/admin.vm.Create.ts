import { ProtocolError, QubesException, QubesVMNotFoundError } from '../lib/base/admin-error.ts';
import { printable } from '../lib/base/printable.ts';
import { QUBE_CLASSES } from '../lib/model/classes/classes.ts';
import { createQube } from '../lib/model/create-qube.ts';
import type { WantedQube } from '../lib/model/create-qube.ts';
import type { Qube, QubeClass } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { parseCreationRequest } from '../lib/rpc/creation-request.ts';
import type { CreationRequest } from '../lib/rpc/creation-request.ts';

export const services: readonly AdminService[] = Object.values(QUBE_CLASSES).flatMap((klass) => [
  {
    ...CHANGES_SYSTEM,
    name: `admin.vm.Create.${klass.name}`,
    summary: `Creates a qube of the class ${klass.name}${argumentOf(klass)}: \`name=work label=red\`.`,
    argument: 'optional',
    payload: 'optional',
    handle: (call) => create(call, klass, false),
  },
  {
    ...CHANGES_SYSTEM,
    name: `admin.vm.CreateInPool.${klass.name}`,
    summary: `As admin.vm.Create.${klass.name}, in the pool of \`pool=POOL\`, or one volume of it in that of \`pool:VOLUME=POOL\`.`,
    argument: 'optional',
    payload: 'optional',
    handle: (call) => create(call, klass, true),
  },
]);

async function create(call: AdminCall, klass: QubeClass, withPools: boolean): Promise<undefined> {
  if (call.argument !== '' && !hasTemplate(klass)) {
    throw new ProtocolError(`${klass.name} cannot be based on template`);
  }
  const request = parseCreationRequest(call.untrustedPayload, withPools);
  // What exists is not told to a caller who may not create.
  requirePermission(call);
  await createQube(call.app, {
    className: klass.name,
    name: request.name,
    label: call.app.label(request.label),
    ...(call.argument === '' ? {} : { template: findTemplate(call) }),
    ...choosePools(call, request),
    createdBy: call.source,
  });
  return undefined;
}

function findTemplate({ app, argument }: AdminCall): Qube {
  const template = app.qubes.find(argument);
  if (template === undefined) throw QubesVMNotFoundError.of(argument);
  return template;
}

function choosePools(
  { app }: AdminCall,
  { pool, pools }: CreationRequest,
): Pick<WantedQube, 'pool' | 'pools'> {
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

function argumentOf(klass: QubeClass): string {
  return hasTemplate(klass)
    ? ', based on the template in the argument, else on the default one'
    : '';
}
