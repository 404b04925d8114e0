import type { XmlElement } from '../../base/xml/xml.ts';

/** What identifies an element: enough of one that was read as well as of one to be written. */
export interface StoreElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** What of an element of the store means something to us; all else in it only stays there. */
export interface StorePart {
  knows(attribute: string): boolean;
  /** What a child is, and by which key it is found again; undefined for one that means nothing. */
  child(child: StoreElement): KnownChild | undefined;
}

export interface KnownChild {
  readonly key: string;
  /** Undefined where the inside of the child is looked at elsewhere. */
  readonly part?: StorePart;
}

/** The elements that mean something, reached by a path of names: `knownIn(domain, part, 'tags', 'tag')`. */
export function knownIn(
  element: XmlElement,
  part: StorePart,
  name: string,
  ...inner: readonly string[]
): readonly XmlElement[] {
  const [next, ...others] = inner;
  return element.children.flatMap((child) => {
    const known = child.name === name ? part.child(child) : undefined;
    if (known === undefined) return [];
    if (next === undefined) return [child];
    return known.part === undefined ? [] : knownIn(child, known.part, next, ...others);
  });
}

/** Recognises the children of one name. */
type Recognise = (child: StoreElement) => KnownChild | undefined;

/** An element with these attributes and these children, by their names. */
export function storePart(
  attributes: readonly string[] | 'all',
  children: Readonly<Record<string, Recognise>> = {},
): StorePart {
  const recognise = new Map(Object.entries(children));
  return {
    knows: (attribute) => attributes === 'all' || attributes.includes(attribute),
    child: (child) => recognise.get(child.name)?.(child),
  };
}

/** A child that is there once. */
export function once(part: StorePart): Recognise {
  return ({ name }) => ({ key: name, part });
}

/** A child that is told from others of its kind by attributes, all of which it must have. */
export function by(part: StorePart, ...attributes: readonly string[]): Recognise {
  return (child) => {
    const values = attributes.map((attribute) => child.attributes.get(attribute));
    if (values.includes(undefined)) return undefined;
    return { key: [child.name, ...values].join(' '), part };
  };
}
