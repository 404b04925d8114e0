import type { XmlElement } from '../../base/xml/xml.ts';
import type { LoadStage, Property } from '../property.ts';
import type { PropertyHolder } from '../property-holder.ts';
import { textOf } from './edit-xml.ts';
import { reading } from './store-error.ts';
import { isStored } from './store-grammar.ts';
import { knownIn } from './store-part.ts';
import type { StorePart } from './store-part.ts';

/** The texts of the `<property>` elements of a qube or of the system, by name; untrusted. */
export function propertyTexts(element: XmlElement, part: StorePart): ReadonlyMap<string, string> {
  return new Map(
    knownIn(element, part, 'properties', 'property').map((property) => [
      property.attributes.get('name') ?? '',
      textOf(property),
    ]),
  );
}

/**
 * Gives a holder the properties of one stage: each keeps the rules of its row, but there are no
 * events.
 * @throws DamagedError that names holder and property
 */
export function readProperties<Holder>(
  holder: PropertyHolder<Holder> & Holder,
  title: string,
  stage: LoadStage,
  untrustedTexts: ReadonlyMap<string, string>,
): void {
  for (const row of holder.properties) {
    const untrusted = untrustedTexts.get(row.name);
    if (untrusted === undefined || row.stage !== stage || !isStored(row)) continue;
    holder.put(row.name, readValue(row, holder, title, untrusted));
  }
}

function readValue<Holder>(
  row: Property<Holder>,
  holder: Holder,
  title: string,
  untrusted: string,
): ReturnType<Property<Holder>['parse']> {
  return reading(
    () => `${row.name} of ${title}`,
    () => row.check(holder, row.parse(holder, untrusted)),
  );
}
