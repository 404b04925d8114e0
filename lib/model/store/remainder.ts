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
  const unknown: Unknown[] = [];
  const inside = new Map<string, Remainder>();
  const behind: string[] = [];
  for (const child of element.children) {
    const known = part.child(child);
    if (known === undefined) {
      unknown.push({ node: nodeOf(child), behind: [...behind] });
      continue;
    }
    behind.push(known.key);
    const rest = known.part === undefined ? undefined : remainderOf(child, known.part);
    if (rest !== undefined) inside.set(known.key, rest);
  }
  const attributes = [...element.attributes].filter(([name]) => !part.knows(name));
  if (attributes.length + unknown.length + inside.size === 0) return undefined;
  return { attributes: new Map(attributes), children: unknown, inside };
}

/** Puts back into an element what was taken out, each thing behind the one it stood behind. */
export function withRemainder(
  node: XmlNode,
  part: StorePart,
  remainder: Remainder | undefined,
): XmlNode {
  if (remainder === undefined) return node;
  const known = (node.children ?? []).map((child) => ({ child, known: part.child(child) }));
  const place = placeUnknown(remainder, new Set(known.map((one) => one.known?.key ?? '')));
  const children = known.flatMap(({ child, known: { key, part: inner } = { key: '' } }) => [
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
