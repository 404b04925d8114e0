import { printable } from '../printable.ts';
import { contentError } from '../content-error.ts';
import type { XmlElement } from './xml.ts';

/**
 * Elements of the form `<property name="netvm">sys-net</property>` as a map.
 * @param what whose they are, for the message
 * @throws DamagedError, stage `content`, for a name that is missing or stands there twice
 */
export function namedTexts(
  elements: readonly XmlElement[],
  file: string,
  what: string,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name: kind, attributes, text } of elements) {
    const name = attributes.get('name');
    if (name === undefined) throw contentError(file, `${what}: a ${printable(kind)} has no name`);
    if (texts.has(name)) {
      throw contentError(file, `${what}: ${kind} "${printable(name, 60)}" stands there twice`);
    }
    texts.set(name, text);
  }
  return texts;
}

/** An empty property of the store stands for none. */
export function nullIfEmpty(texts: ReadonlyMap<string, string>): Map<string, string | null> {
  return new Map([...texts].map(([name, text]) => [name, text === '' ? null : text]));
}
