import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Property } from '../property.ts';
import { printValue } from '../property.ts';
import type { Qube } from '../qube.ts';

/**
 * Keeps a tag that names the qube another row refers to, `guivm-sys-gui`: policy of calls between
 * the two goes by it. There is one at most.
 * @param row `guivm`, `audiovm`, `relayvm`
 */
export function helperTag(row: Property<Qube, Qube | null>): readonly Handler<Qube>[] {
  const prefix = `${row.name}-`;
  const tagIfMissing = (qube: Qube): void => {
    const helper = qube.find(row) ?? null;
    if (helper !== null && !qube.tags.has(`${prefix}${helper.name}`)) {
      retag(qube, prefix, helper.name);
    }
  };
  return [
    onQube('domain-init', tagIfMissing),
    onQube('domain-load', tagIfMissing),
    onQube(`property-set:${row.name}`, (qube, { newvalue }) =>
      retag(qube, prefix, printValue(newvalue)),
    ),
    onQube(`property-reset:${row.name}`, (qube) => retag(qube, prefix, printValue(qube.find(row)))),
  ];
}

function retag(qube: Qube, prefix: string, helper: string): void {
  const wanted = helper === '' ? undefined : `${prefix}${helper}`;
  for (const tag of [...qube.tags]) {
    if (tag.startsWith(prefix) && tag !== wanted) qube.tags.delete(tag);
  }
  if (wanted !== undefined) qube.tags.add(wanted);
}
