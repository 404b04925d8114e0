import { randomUUID } from 'node:crypto';

import type { XmlElement } from '../../base/xml/xml.ts';
import type { App } from '../app.ts';
import { ADMIN_VM } from '../classes/admin-vm.ts';
import { QUBE_CLASSES } from '../classes/classes.ts';
import { name, qid, uuid } from '../properties/identity.ts';
import { Qube } from '../qube.ts';
import { parseQubeName } from '../qube-name.ts';
import type { Note } from './migrate-store.ts';
import { propertyTexts, readProperties } from './read-properties.ts';
import { readDevices } from './read-devices.ts';
import { remainderOf } from './remainder.ts';
import type { RestOfQube } from './rest-of-store.ts';
import { reading, storeError } from './store-error.ts';
import { qubePart } from './store-grammar.ts';
import { knownIn } from './store-part.ts';
import { parseTag } from '../tags.ts';

/** A qube that is being loaded: what refers to other qubes has to wait until all are known. */
export interface QubeBeingRead {
  readonly qube: Qube;
  readonly element: XmlElement;
  readonly untrustedTexts: ReadonlyMap<string, string>;
}

/**
 * Reads what concerns a qube alone, and lists it.
 * @throws DamagedError
 */
export function beginQube(app: App, element: XmlElement, note: Note): QubeBeingRead {
  const className = element.attributes.get('class') ?? '';
  const klass = Object.values(QUBE_CLASSES).find((one) => one.name === className);
  if (klass === undefined) throw storeError(className, 'there is no such class of qubes');
  const qube = new Qube(app, klass);
  const untrustedTexts = propertyTexts(element, qubePart(klass));
  const title =
    klass === ADMIN_VM ? 'dom0' : (untrustedTexts.get(name.name) ?? 'a qube without name');
  readProperties(qube, title, 2, untrustedTexts);
  reading(
    () => title,
    () => parseQubeName(qube.find(name) ?? ''),
  );
  if (qube.find(qid) === undefined) throw storeError(title, 'it has no qid');
  if (qube.find(uuid) === undefined) {
    qube.put(uuid.name, randomUUID());
    note(`${title} has got a UUID`);
  }
  list(app, qube);
  return { qube, element, untrustedTexts };
}

/**
 * Reads the rest of a qube: what refers to others, features, tags, devices, volumes.
 * @returns what of it means nothing to us
 * @throws DamagedError
 */
export function completeQube({ qube, element, untrustedTexts }: QubeBeingRead): RestOfQube {
  const part = qubePart(qube.klass);
  readProperties(qube, qube.name, 4, untrustedTexts);
  qube.features.load(
    knownIn(element, part, 'features', 'feature').map((feature) => [nameOf(feature), feature.text]),
  );
  qube.tags.load(
    knownIn(element, part, 'tags', 'tag').map((tag) =>
      reading(
        () => `a tag of ${qube.name}`,
        () => parseTag(nameOf(tag)),
      ),
    ),
  );
  qube.devices.load(readDevices(element, part));
  for (const volume of knownIn(element, part, 'volume-config', 'volume')) {
    qube.setVolume(nameOf(volume), volume.attributes);
  }
  return {
    remainder: remainderOf(element, part),
    deviceClasses: knownIn(element, part, 'devices').map(
      (list) => list.attributes.get('class') ?? '',
    ),
  };
}

/** dom0 of a store that has none. */
export function addAdmin(app: App, note: Note): void {
  app.qubes.add(new Qube(app, ADMIN_VM));
  note('dom0 was missing');
}

function list(app: App, qube: Qube): void {
  const twin =
    app.qubes.find(qube.name) ?? app.qubes.find(`uuid:${qube.uuid}`) ?? app.qubes.byQid(qube.qid);
  if (twin !== undefined) {
    throw storeError(qube.name, `it has the name, qid or uuid of ${twin.name}`);
  }
  app.qubes.add(qube);
}

function nameOf(element: XmlElement): string {
  return element.attributes.get('name') ?? '';
}
