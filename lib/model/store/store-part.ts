import type { XmlElement } from '../../base/xml/xml.ts';

/** What identifies an element: enough of one that was read as well as of one to be written. */
export interface StoreElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** What of an element of the store means something to us; all else in it only stays there. */
export interface StorePart {
  knows(attribute: string): boolean;
  /** Undefined for a child that means nothing. */
  child(child: StoreElement): StoreChild | undefined;
}

/** The children of one name that mean something. */
export interface StoreChild {
  /** Undefined where the inside of the child is looked at elsewhere. */
  readonly part?: StorePart;
  accepts(child: StoreElement): boolean;
  /** By which a child is found again. */
  keyOf(child: StoreElement): string;
}

/** An element with these attributes and these children, by their names. */
export function storePart(
  attributes: readonly string[] | 'all',
  children: Readonly<Record<string, StoreChild>> = {},
): StorePart {
  const known = new Map(Object.entries(children));
  return {
    knows: (attribute) => attributes === 'all' || attributes.includes(attribute),
    child: (child) => {
      const found = known.get(child.name);
      return found?.accepts(child) === true ? found : undefined;
    },
  };
}

/** A child that there is once. */
export function once(part: StorePart): StoreChild {
  return { part, accepts: () => true, keyOf: ({ name }) => name };
}

/** A child that is told from others of its kind by attributes, all of which it must have. */
export function by(part: StorePart, ...identity: readonly string[]): StoreChild {
  return {
    part,
    accepts: ({ attributes }) => identity.every((attribute) => attributes.has(attribute)),
    keyOf: ({ name, attributes }) =>
      [name, ...identity.map((attribute) => attributes.get(attribute))].join(' '),
  };
}

/** The elements that mean something, reached by a path of names: `knownIn(domain, part, 'tags', 'tag')`. */
export function knownIn(
  element: XmlElement,
  part: StorePart,
  name: string,
  ...inner: readonly string[]
): readonly XmlElement[] {
  const found: XmlElement[] = [];
  const [next, ...others] = inner;
  for (const child of element.children) {
    const known = child.name === name ? part.child(child) : undefined;
    if (known === undefined) continue;
    if (next === undefined) found.push(child);
    else if (known.part !== undefined) found.push(...knownIn(child, known.part, next, ...others));
  }
  return found;
}
