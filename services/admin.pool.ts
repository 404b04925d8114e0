import { ProtocolError } from '../lib/base/admin-error.ts';
import { addPool } from '../lib/model/pools/add-pool.ts';
import { poolInfo, poolVolumes } from '../lib/model/pools/pool-info.ts';
import { setPoolEphemeral, setPoolRevisions } from '../lib/model/pools/pool-options.ts';
import { requirePool } from '../lib/model/pools/pool-record.ts';
import { removePool } from '../lib/model/pools/remove-pool.ts';
import { toPool } from '../lib/model/qube-volumes.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { parseFlag, parseInteger } from '../lib/rpc/parse-payload.ts';
import { parsePoolRequest } from '../lib/rpc/pool-request.ts';
import { saveChange } from '../lib/rpc/save-change.ts';
import type { PoolRecord } from '../lib/storage/storage.ts';

/** What most of these calls name in their argument. */
const NAMES_POOL = { argument: 'required', payload: 'none' } as const;

export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    name: 'admin.pool.List',
    summary: 'Names of the pools, one per line.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(call.app.pools.map(({ name }) => name));
    },
  },
  {
    ...READS_SYSTEM,
    name: 'admin.pool.ListDrivers',
    summary: 'Kinds of pools there can be, one per line with the options each takes.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      const { drivers } = call.app.storage;
      return lines(drivers.map(({ name, options }) => [name, ...options].join(' ')));
    },
  },
  {
    ...READS_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.Info',
    summary: 'All about a pool, one `key=value` per line; sizes in bytes.',
    async handle(call) {
      const info = await poolInfo(call.app, permittedPool(call));
      return lines([...info].map(([key, value]) => `${key}=${value}`));
    },
  },
  {
    ...READS_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.UsageDetails',
    summary: 'How full a pool is, one `key=value` per line, in bytes.',
    async handle(call) {
      const details = await toPool(call.app, permittedPool(call)).usageDetails();
      return lines([...details].map(([key, bytes]) => `${key}=${bytes}`).sort());
    },
  },
  {
    ...READS_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.volume.List',
    summary: 'Ids of the volumes in a pool, one per line.',
    async handle(call) {
      return lines(await poolVolumes(call.app, permittedPool(call)));
    },
  },
  {
    ...CHANGES_SYSTEM,
    name: 'admin.pool.Add',
    summary: 'Adds a pool of a kind; the payload has its options, one `key=value` per line.',
    argument: 'required',
    payload: 'required',
    async handle(call) {
      const { app, argument, untrustedPayload } = call;
      const wanted = parsePoolRequest(app.storage.drivers, argument, untrustedPayload);
      requirePermission(call);
      await addPool(app, wanted);
      return undefined;
    },
  },
  {
    ...CHANGES_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.Remove',
    summary: 'Takes a pool off the list when nothing is in it; its folder stays.',
    async handle(call) {
      const { name } = permittedPool(call);
      await removePool(call.app, name);
      return undefined;
    },
  },
  {
    ...CHANGES_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.Set.revisions_to_keep',
    summary: 'How many older states of new volumes in a pool are kept; -1 for no snapshots at all.',
    payload: 'required',
    handle(call) {
      const pool = requirePool(call.app, call.argument);
      const count = parseInteger(call.untrustedPayload, 'revisions to keep');
      if (count < -1) throw new ProtocolError("Value can't be lower than -1");
      requirePermission(call);
      return saveChange(call, () => setPoolRevisions(call.app, pool, count));
    },
  },
  {
    ...CHANGES_SYSTEM,
    ...NAMES_POOL,
    name: 'admin.pool.Set.ephemeral_volatile',
    summary: 'Whether the volatile volumes in a pool are encrypted with a key that is forgotten.',
    payload: 'required',
    handle(call) {
      const pool = requirePool(call.app, call.argument);
      const isEphemeral = parseFlag(call.untrustedPayload);
      requirePermission(call);
      return saveChange(call, () => setPoolEphemeral(call.app, pool, isEphemeral));
    },
  },
];

function permittedPool(call: AdminCall): PoolRecord {
  const pool = requirePool(call.app, call.argument);
  requirePermission(call);
  return pool;
}
