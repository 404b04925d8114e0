import type { NewQube } from '../../admin/new-qube.ts';
import type { RequestFor } from './rpc-request.ts';

/** The pools that a new qube is to have its volumes in. */
export function chosenPools(chosen: RequestFor<'create'>['pool']): Pick<NewQube, 'pool' | 'pools'> {
  const [whole] = chosen.filter((one) => !('volume' in one));
  const single = chosen.flatMap((one) =>
    'volume' in one ? [[one.volume, one.pool] as const] : [],
  );
  return { pool: whole?.pool, pools: single.length === 0 ? undefined : new Map(single) };
}
