import { AdminError } from '../base/admin-error.ts';
import type { AdminClient } from './client.ts';
import type { DeviceName } from './device-text.ts';
import type { NewQube } from './new-qube.ts';
import type { QubeClient } from './qube-client.ts';
import type { VolumeInfo } from './volume-info.ts';

/** A qube that is to be like another. */
export interface WantedClone extends Pick<NewQube, 'name' | 'pool' | 'pools'> {
  /** Name of the qube it is to be like. */
  readonly from: string;
  /** Its class, if not that of the other. */
  readonly class?: string | undefined;
}

/** What is told of a cloning while it goes on. */
export interface CloneObserver {
  /** The next volume is about to be copied. */
  onVolume(volume: string, bytes: number): void;
  /**
   * Something of the other qube could not be set.
   * @throws to give up
   */
  onFailure(what: string, error: AdminError): void | Promise<void>;
}

/** Properties that creating sets, or that are the qube's own. */
const OWN_PROPERTIES = [
  ...['name', 'qid', 'uuid', 'dispid', 'template', 'label', 'installed_by_rpm'],
];

const PRELOAD = 'preload-dispvm-max';

/** Classes whose qubes have a template. */
const WITH_TEMPLATE = ['AppVM', 'DispVM'];

/**
 * Makes a qube like another: class, template, label, properties, tags, features, notes, firewall rules,
 * data, and assigned devices.
 * @param undo makes its calls also when those of `client` have been cancelled
 * @throws AdminError of the daemon, and what the observer throws; the new qube is removed again
 */
export async function cloneQube(
  client: AdminClient,
  undo: AdminClient,
  wanted: WantedClone,
  observer: CloneObserver,
): Promise<void> {
  const from = client.qube(wanted.from);
  const volumes = await from.volumes.getAll();
  await client.create(await newQube(client, from, volumes, wanted));
  try {
    const to = client.qube(wanted.name);
    await cloneSettings(from, to, observer);
    await cloneVolumes(client, from, to, observer);
    await cloneDevices(await client.deviceClasses(), from, to, observer);
    await clonePreload(from, to, observer);
  } catch (error) {
    // If that fails too, what went wrong first is what the person has to know.
    await undo
      .qube(wanted.name)
      .remove()
      .catch(() => undefined);
    throw error;
  }
}

async function newQube(
  client: AdminClient,
  from: QubeClient,
  volumes: ReadonlyMap<string, VolumeInfo>,
  { name, class: wantedClass, pool, pools }: WantedClone,
): Promise<NewQube> {
  const properties = await from.properties.getAll();
  const className = wantedClass ?? properties.get('klass')?.value ?? '';
  const template = properties.get('template')?.value;
  const samePools = await poolsLike(client, volumes);
  return {
    name,
    class: className,
    label: properties.get('label')?.value ?? '',
    template: WITH_TEMPLATE.includes(className) ? template : undefined,
    pool,
    pools: pool === undefined && pools === undefined && samePools.size > 0 ? samePools : pools,
  };
}

/** The pools of volumes that are not where new volumes come by default. */
async function poolsLike(
  client: AdminClient,
  volumes: ReadonlyMap<string, VolumeInfo>,
): Promise<ReadonlyMap<string, string>> {
  const defaults = await client.system.getAll();
  const own = [...volumes].filter(([, { rw, snapOnStart }]) => rw && !snapOnStart);
  const other = own.filter(
    ([name, { pool }]) => (defaults.get(`default_pool_${name}`)?.value ?? pool) !== pool,
  );
  return new Map(other.map(([name, { pool }]) => [name, pool]));
}

async function cloneSettings(
  from: QubeClient,
  to: QubeClient,
  observer: CloneObserver,
): Promise<void> {
  const known = new Set(await to.properties.list());
  for (const [name, { value, default: isDefault }] of await from.properties.getAll()) {
    if (isDefault || OWN_PROPERTIES.includes(name) || !known.has(name)) continue;
    await attempt(observer, `the property ${name}`, () => to.properties.set(name, value));
  }
  const tags = (await from.tags.list()).filter((tag) => !tag.startsWith('created-by-'));
  for (const tag of tags) await attempt(observer, `the tag ${tag}`, () => to.tags.add(tag));
  for (const [name, value] of await from.features.getAll()) {
    if (isOfDaemon(name)) continue;
    await attempt(observer, `the feature ${name}`, () => to.features.set(name, value));
  }
  const notes = await from.notes();
  if (notes !== '') await attempt(observer, 'the notes', () => to.setNotes(notes));
  const rules = await from.firewall.rules();
  await attempt(observer, 'the firewall rules', () => to.firewall.setRules(rules));
}

/** What the daemon notes for itself, and lets nobody set; and what is said of disposables started ahead. */
function isOfDaemon(feature: string): boolean {
  return feature.startsWith('preload-dispvm') || feature === 'deferred-netvm-original';
}

/** Disposables of the new qube may be started as soon as this is set: all it has is there by then. */
async function clonePreload(
  from: QubeClient,
  to: QubeClient,
  observer: CloneObserver,
): Promise<void> {
  const most = await from.features.find(PRELOAD);
  if (most === undefined) return;
  await attempt(observer, `the feature ${PRELOAD}`, () => to.features.set(PRELOAD, most));
}

/** Those that the new qube keeps; where the other has a snapshot, from that of its template. */
async function cloneVolumes(
  client: AdminClient,
  from: QubeClient,
  to: QubeClient,
  observer: CloneObserver,
): Promise<void> {
  const template = (await from.properties.getAll()).get('template')?.value ?? '';
  for (const [name, { saveOnStop }] of await to.volumes.getAll()) {
    if (!saveOnStop) continue;
    const own = await from.volumes.info(name);
    const owner = own.saveOnStop || template === '' ? from : client.qube(template);
    observer.onVolume(name, own.usage);
    await to.volumes.cloneFrom(name, owner.volumes, name);
  }
}

async function cloneDevices(
  classes: readonly string[],
  from: QubeClient,
  to: QubeClient,
  observer: CloneObserver,
): Promise<void> {
  for (const deviceClass of classes) {
    for (const device of await from.devices(deviceClass).assigned()) {
      const mode = device.facts.get('mode') ?? 'auto-attach';
      await attempt(observer, `the ${deviceClass} device ${shown(device)}`, () =>
        to.devices(deviceClass).assign(device, mode, device.options),
      );
    }
  }
}

function shown({ backend, port, id }: DeviceName): string {
  return `${backend}:${port}:${id}`;
}

async function attempt(
  observer: CloneObserver,
  what: string,
  set: () => Promise<void>,
): Promise<void> {
  try {
    await set();
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    await observer.onFailure(what, error);
  }
}
