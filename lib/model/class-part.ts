import { HandlerTable } from './events.ts';
import type { Handler } from './events.ts';
import { PropertyTable } from './property.ts';
import type { Property } from './property.ts';
import type { Qube, QubeClass } from './qube.ts';

/** A part that classes are put together from: rows of their table, and what they do at events. */
export interface ClassPart {
  readonly properties: readonly Property<Qube>[];
  readonly handlers: readonly Handler<Qube>[];
}

/** Puts a class together, the most general part first; a later row takes the place of an earlier one. */
export function defineClass(
  facts: Pick<QubeClass, 'name' | 'volumes' | 'folder'>,
  ...parts: readonly ClassPart[]
): QubeClass {
  return {
    ...facts,
    properties: new PropertyTable(parts.flatMap(({ properties }) => properties)),
    handlers: new HandlerTable(parts.flatMap(({ handlers }) => handlers)),
  };
}
