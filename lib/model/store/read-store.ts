import { select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';
import type { App } from '../app.ts';
import { followKernel } from '../kernel-volumes.ts';
import { templateOf, withTemplates } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { layOutVolumes } from '../lay-out-volumes.ts';
import { breakNetworkLoops } from './break-loops.ts';
import { migrateStore } from './migrate-store.ts';
import type { Note } from './migrate-store.ts';
import { propertyTexts, readProperties } from './read-properties.ts';
import { addAdmin, beginQube, completeQube } from './read-qube.ts';
import { readLabels, readPools } from './read-system.ts';
import { remainderOf } from './remainder.ts';
import type { RestOfStore } from './rest-of-store.ts';
import { reading, storeError } from './store-error.ts';
import { SYSTEM_PART } from './store-grammar.ts';

/**
 * Fills an App with what the store says, in the order in which one thing needs another: labels and
 * pools; each qube alone; what is global; what of a qube refers to others. From then on the App is
 * loaded: there are events, and changes are noted.
 * @param note is told of everything that is not as the store says
 * @returns what of the store means nothing to us
 * @throws DamagedError that names the qube and property
 */
export function readStore(app: App, untrustedStore: XmlElement, note: Note): RestOfStore {
  if (untrustedStore.name !== 'qubes') {
    throw storeError('the root', `it is <${untrustedStore.name}>, not <qubes>`);
  }
  const store = migrateStore(untrustedStore, note);
  if (select(store, 'labels').length > 0) app.labels = readLabels(store);
  app.pools = readPools(store);
  const begun = select(store, 'domains', 'domain').map((one) => beginQube(app, one, note));
  if (app.qubes.byQid(0) === undefined) addAdmin(app, note);
  readProperties(app, 'the system', 3, propertyTexts(store, SYSTEM_PART));
  const rest: RestOfStore = {
    system: remainderOf(store, SYSTEM_PART),
    qubes: new WeakMap(begun.map((one) => [one.qube, completeQube(one)])),
  };
  breakNetworkLoops(app, note);
  for (const qube of templatesFirst(app)) completeVolumes(qube, note);
  finish(app);
  return rest;
}

/** Templates before what is based on them. */
function templatesFirst(app: App): readonly Qube[] {
  const depth = (qube: Qube): number => [...withTemplates(qube)].length;
  return [...app.qubes].sort((one, other) => depth(one) - depth(other));
}

/** Gives a qube the volumes of its class that are not in the store. */
function completeVolumes(qube: Qube, note: Note): void {
  followKernel(qube);
  if (qube.klass.volumes.every(({ name }) => qube.volumes.has(name))) return;
  requireTemplate(qube);
  const wanted = reading(
    () => qube.name,
    () => layOutVolumes(qube),
  );
  for (const [name, record] of wanted) {
    if (qube.volumes.has(name)) continue;
    qube.setVolume(name, record);
    note(`${qube.name} has got the volume ${name}`);
  }
}

function requireTemplate(qube: Qube): void {
  const needs = qube.klass.volumes.some(({ snapOnStart }) => snapOnStart);
  if (needs && templateOf(qube) === undefined) throw storeError(qube.name, 'it has no template');
}

function finish(app: App): void {
  for (const qube of app.qubes) qube.presence = 'listed';
  for (const qube of app.qubes) qube.fire('domain-load', {});
  app.loaded();
}
