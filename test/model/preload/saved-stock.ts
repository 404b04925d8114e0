import { select } from '../../../lib/base/xml/xml.ts';
import type { XmlElement } from '../../../lib/base/xml/xml.ts';

/** A qube as the store on disk has it. */
export interface SavedQube {
  readonly name: string;
  readonly template: string;
  readonly uuid: string;
  readonly features: ReadonlyMap<string, string>;
}

/** The qubes of a store. */
export function savedQubes(store: XmlElement): readonly SavedQube[] {
  return select(store, 'domains', 'domain').map((domain) => {
    const textsOf = (part: string, item: string): Map<string, string> =>
      new Map(
        select(domain, part, item).map(({ attributes, text }) => [
          attributes.get('name') ?? '',
          text,
        ]),
      );
    const properties = textsOf('properties', 'property');
    return {
      name: properties.get('name') ?? 'dom0',
      template: properties.get('template') ?? '',
      uuid: properties.get('uuid') ?? '',
      features: textsOf('features', 'feature'),
    };
  });
}

/** What the store on disk has of a qube, without reading all of it; undefined when it has not. */
export function savedText(bytes: Buffer, name: string): string | undefined {
  const text = bytes.toString('latin1');
  const place = text.indexOf(`<property name="name">${name}</property>`);
  return place < 0
    ? undefined
    : text.slice(text.lastIndexOf('<domain ', place), text.indexOf('</domain>', place));
}

/** Whether some template lists a name in the store on disk. */
export function isSavedInList(bytes: Buffer, name: string): boolean {
  const lists = bytes.toString('latin1').matchAll(/<feature name="preload-dispvm">([^<]*)</g);
  return [...lists].some(([, names = '']) => names.split(' ').includes(name));
}
