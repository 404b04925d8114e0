import type { AdminClient } from '../admin/client.ts';
import type { Properties } from '../admin/properties.ts';
import type { QubeFacts } from '../admin/qube-facts.ts';
import { someAtOnce } from '../admin/some-at-once.ts';
import {
  PermissionDenied,
  QubesNoSuchPropertyError,
  QubesVMNotFoundError,
} from '../base/admin-error.ts';
import type { HostFacts, HostPool, HostQube } from './host-facts.ts';

/** Global properties that a plan goes by. */
const GLOBALS = [
  'default_template',
  'default_dispvm',
  'default_netvm',
  'default_kernel',
  'default_pool',
  'default_pool_root',
  'default_pool_private',
  'default_pool_kernel',
];

/** Classes whose qubes can have disposables. */
const DISPOSABLE_TEMPLATES = ['AppVM', 'StandaloneVM'];

/** What of the host only its caller can know. */
export interface KnownFacts {
  readonly user?: string;
  readonly unfinished?: ReadonlyMap<string, string>;
}

/**
 * Asks the system that is restored into for what a plan depends on. What we may not see there counts
 * as not there, or, where `HostFacts` says so, as not known.
 * @throws AdminError, NeedsError
 */
export async function readHostFacts(
  client: AdminClient,
  { user, unfinished = new Map() }: KnownFacts,
): Promise<HostFacts> {
  const qubes = await someAtOnce(await client.list(), (facts) => readQube(client, facts));
  const globals = await readGlobals(client);
  const pools = (await ifThere(client.pools.list())) ?? [];
  const read = await someAtOnce(pools, (name) => ifThere(readPool(client, name)));
  const kernelPool = globals.get('default_pool_kernel');
  return {
    qubes: byName(qubes),
    labels: new Set(await client.labels.list()),
    pools: byName(read),
    kernels: await readKernels(client, kernelPool),
    globals,
    user,
    unfinished,
  };
}

/** @returns undefined for a qube that went away meanwhile */
async function readQube(
  client: AdminClient,
  { name, class: className }: QubeFacts,
): Promise<HostQube | undefined> {
  if (className === 'AdminVM') {
    return { name, class: className, providesNetwork: false, templateForDispvms: false };
  }
  const { properties } = client.qube(name);
  try {
    const [providesNetwork, templateForDispvms] = await Promise.all([
      isSet(properties, 'provides_network'),
      DISPOSABLE_TEMPLATES.includes(className) && isSet(properties, 'template_for_dispvms'),
    ]);
    return { name, class: className, providesNetwork, templateForDispvms };
  } catch (error) {
    if (error instanceof QubesVMNotFoundError) return undefined;
    throw error;
  }
}

async function isSet(properties: Properties, property: string): Promise<boolean> {
  return (await ifThere(properties.get(property)))?.value === 'True';
}

async function readGlobals(client: AdminClient): Promise<ReadonlyMap<string, string | null>> {
  const read = await someAtOnce(GLOBALS, async (property) => {
    const found = await ifThere(client.system.get(property));
    return found === undefined
      ? []
      : [[property, found.value === '' ? null : found.value] as const];
  });
  return new Map(read.flat());
}

async function readPool(client: AdminClient, name: string): Promise<HostPool> {
  const info = await client.pools.info(name);
  const size = bytesOf(info.get('size'));
  const usage = bytesOf(info.get('usage'));
  return {
    name,
    driver: info.get('driver') ?? '',
    free: size === undefined || usage === undefined ? undefined : Math.max(0, size - usage),
  };
}

async function readKernels(
  client: AdminClient,
  pool: string | null | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (pool === null || pool === undefined) return undefined;
  const kernels = await ifThere(client.pools.volumes(pool));
  return kernels === undefined ? undefined : new Set(kernels);
}

function bytesOf(untrusted: string | undefined): number | undefined {
  return untrusted !== undefined && /^\d{1,15}$/.test(untrusted) ? Number(untrusted) : undefined;
}

/** @returns undefined for what there is none of here, and where policy does not let us see it */
async function ifThere<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PermissionDenied || error instanceof QubesNoSuchPropertyError) {
      return undefined;
    }
    throw error;
  }
}

function byName<Item extends { readonly name: string }>(
  items: readonly (Item | undefined)[],
): ReadonlyMap<string, Item> {
  return new Map(items.flatMap((item) => (item === undefined ? [] : [[item.name, item] as const])));
}
