import type { RpcLine } from '../../../base/rpc-report.ts';
import { someAtOnce } from '../../../admin/some-at-once.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

type PoolLine = Extract<RpcLine, { type: 'pool' }>;

/** `pool`: the pools that volumes are in. */
export async function showOrChangePools(
  request: RequestFor<'pool'>,
  { client: { pools }, screen }: RpcDoors,
): Promise<void> {
  switch (request.action) {
    case 'list': {
      const names = await pools.list();
      const lines = await someAtOnce(names, async (name) => poolLine(name, await pools.info(name)));
      await screen.show(lines, {
        head: ['POOL', 'DRIVER', 'SIZE', 'USAGE'],
        rows: lines.map(({ name, driver, size, usage }) => [name, driver, size, usage]),
      });
      return;
    }
    case 'info': {
      const facts = await pools.info(request.name);
      await screen.show([poolLine(request.name, facts)], {
        head: ['NAME', 'VALUE'],
        rows: [...facts],
      });
      return;
    }
    case 'drivers': {
      const drivers = await pools.drivers();
      await screen.show(
        drivers.map((driver) => ({ type: 'driver', ...driver, options: [...driver.options] })),
        {
          head: ['DRIVER', 'OPTIONS'],
          rows: drivers.map(({ name, options }) => [name, options.join(' ')]),
        },
      );
      return;
    }
    case 'add':
      await pools.add(request.name, request.driver, new Map(request.option));
      break;
    case 'remove':
      await pools.remove(request.name);
      break;
    case 'set':
      await pools.set(request.name, request.setting, request.value);
  }
  await screen.done({ type: 'done', command: `pool ${request.action}`, name: request.name });
}

function poolLine(name: string, facts: ReadonlyMap<string, string>): PoolLine {
  const { driver = '', size, usage, included_in, ...config } = Object.fromEntries(facts);
  return {
    type: 'pool',
    name,
    driver,
    ...(size === undefined ? {} : { size: bytesOf(size) }),
    ...(usage === undefined ? {} : { usage: bytesOf(usage) }),
    ...(included_in === undefined ? {} : { includedIn: included_in }),
    config,
  };
}

function bytesOf(untrusted: string): number {
  return /^\d{1,16}$/.test(untrusted) ? Number(untrusted) : 0;
}
