import { nodeOf } from '../../base/xml/print-xml.ts';
import type { XmlNode } from '../../base/xml/print-xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';
import type { StorePart } from './store-part.ts';

/** What of an element of the store means nothing to us, and where it stood. */
export interface Remainder {
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Unknown[];
  /** What is in known children, by their keys. */
  readonly inside: ReadonlyMap<string, Remainder>;
}

interface Unknown {
  readonly node: XmlNode;
  /** Keys of the known elements in front of it; some may be gone when it is written. */
  readonly behind: readonly string[];
}

/** Takes out what means nothing to us; undefined when all does, which is the usual case. */
export function remainderOf(element: XmlElement, part: StorePart): Remainder | undefined {
  if (isAllKnown(element, part)) return undefined;
  const unknown: Unknown[] = [];
  const inside = new Map<string, Remainder>();
  const behind: string[] = [];
  for (const child of element.children) {
    const known = part.child(child);
    if (known === undefined) {
      unknown.push({ node: nodeOf(child), behind: [...behind] });
      continue;
    }
    const key = known.keyOf(child);
    behind.push(key);
    const rest = known.part === undefined ? undefined : remainderOf(child, known.part);
    if (rest !== undefined) inside.set(key, rest);
  }
  const attributes = [...element.attributes].filter(([name]) => !part.knows(name));
  return { attributes: new Map(attributes), children: unknown, inside };
}

function isAllKnown(element: XmlElement, part: StorePart): boolean {
  for (const name of element.attributes.keys()) if (!part.knows(name)) return false;
  return element.children.every((child) => {
    const known = part.child(child);
    if (known === undefined) return false;
    return known.part === undefined || isAllKnown(child, known.part);
  });
}

/** Puts back into an element what was taken out, each thing behind the one it stood behind. */
export function withRemainder(
  node: XmlNode,
  part: StorePart,
  remainder: Remainder | undefined,
): XmlNode {
  if (remainder === undefined) return node;
  const known = (node.children ?? []).map((child) => {
    const kind = part.child(child);
    return { child, key: kind?.keyOf(child) ?? '', inner: kind?.part };
  });
  const place = placeUnknown(remainder, new Set(known.map(({ key }) => key)));
  const children = known.flatMap(({ child, key, inner }) => [
    inner === undefined ? child : withRemainder(child, inner, remainder.inside.get(key)),
    ...(key === '' ? [] : (place.get(key) ?? [])),
  ]);
  return {
    ...node,
    attributes: new Map([...node.attributes, ...remainder.attributes]),
    children: [...(place.get('') ?? []), ...children],
  };
}

/**
 * Where unknown elements go: by the key of the known one they follow, '' for the very beginning.
 * @param present keys of the known elements that are still there
 */
export function placeUnknown(
  { children }: Remainder,
  present: ReadonlySet<string>,
): ReadonlyMap<string, readonly XmlNode[]> {
  const places = new Map<string, XmlNode[]>();
  for (const { node, behind } of children) {
    const place = behind.findLast((key) => present.has(key)) ?? '';
    places.set(place, [...(places.get(place) ?? []), node]);
  }
  return places;
}
