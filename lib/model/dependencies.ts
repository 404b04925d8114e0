import { isOfStock } from './preload/is-of-stock.ts';
import { defaultDispvm, managementDispvm } from './properties/local.ts';
import { template, templateOf } from './properties/template.ts';
import type { Qube } from './qube.ts';

/** A property that refers to a qube. */
export interface Dependency {
  /** The qube that has the property; undefined for a global one. */
  readonly holder: Qube | undefined;
  readonly property: string;
}

/**
 * What refers to a qube and would refer to nothing without it: global properties, also by their
 * default, and properties of other qubes where they are set. What of its stock of disposables refers
 * to a template goes with it.
 */
export function dependenciesOn(qube: Qube): readonly Dependency[] {
  const { system } = qube;
  const found: Dependency[] = [];
  for (const row of system.properties) {
    if (row.type === 'vm' && system.find(row) === qube) {
      found.push({ holder: undefined, property: row.name });
    }
  }
  for (const holder of system.qubes) {
    if (holder === qube) continue;
    for (const row of holder.properties) {
      if (row.type !== 'vm' || holder.isDefault(row) || holder.find(row) !== qube) continue;
      if (!goesWith(qube, holder, row.name)) found.push({ holder, property: row.name });
    }
  }
  return found;
}

const OF_ITS_TEMPLATE: readonly string[] = [template, defaultDispvm, managementDispvm].map(
  ({ name }) => name,
);

function goesWith(qube: Qube, holder: Qube, property: string): boolean {
  return OF_ITS_TEMPLATE.includes(property) && templateOf(holder) === qube && isOfStock(holder);
}
