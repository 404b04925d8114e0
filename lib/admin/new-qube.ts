import { UsageError } from '../base/errors.ts';
import { RESTORING } from '../base/restore-tags.ts';
import type { CallDetails } from './calls.ts';

/** A qube that is to be made. */
export interface NewQube {
  readonly name: string;
  /** `AppVM`, `TemplateVM`… */
  readonly class: string;
  /** Name of a label. */
  readonly label: string;
  /** Undefined for the system's default, or for a class that has none. */
  readonly template?: string | undefined;
  /** Pool for its own volumes; undefined for the defaults. */
  readonly pool?: string | undefined;
  /** Pools of single volumes, by the volume's name; not together with `pool`. */
  readonly pools?: ReadonlyMap<string, string> | undefined;
  /** It begins with the tag that keeps it from starting; only our host takes that. */
  readonly restoring?: boolean;
}

/**
 * The call that makes a qube: `admin.vm.Create.CLASS`, or `CreateInPool` where a pool is chosen.
 * @throws UsageError when a value cannot be carried
 */
export function createCall(wanted: NewQube): readonly [method: string, details: CallDetails] {
  const pools: (readonly [string, string])[] = [
    ...(wanted.pool === undefined ? [] : [['pool', wanted.pool] as const]),
    ...[...(wanted.pools ?? [])].map(([volume, pool]) => [`pool:${volume}`, pool] as const),
  ];
  const verb = pools.length === 0 ? 'Create' : 'CreateInPool';
  const pairs: (readonly [string, string])[] = [
    ['name', wanted.name],
    ['label', wanted.label],
    ...(wanted.restoring === true ? [['tag', RESTORING] as const] : []),
    ...pools,
  ];
  return [
    `admin.vm.${verb}.${wanted.class}`,
    { argument: wanted.template ?? '', payload: pairs.map(spelled).join(' ') },
  ];
}

function spelled([key, value]: readonly [string, string]): string {
  // A space would begin the next pair.
  if (/^[\x21-\x7e]+$/.test(value)) return `${key}=${value}`;
  throw new UsageError(`Cannot create a qube with that ${key}: it is empty or holds a space`);
}
