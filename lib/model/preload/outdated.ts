import { QubesException } from '../../base/admin-error.ts';
import { printValue } from '../property.ts';
import type { Property } from '../property.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { volumeOf } from '../qube-volumes.ts';

/** In these a disposable may be unlike its template: they are its own, or come to it when it is used. */
const IGNORED: ReadonlySet<string> = new Set([
  'autostart',
  'backup_timestamp',
  'default_dispvm',
  'dispid',
  'gateway',
  'gateway6',
  'icon',
  'include_in_backups',
  'installed_by_rpm',
  'ip',
  'ip6',
  'klass',
  'name',
  'qid',
  'start_time',
  'stubdom_uuid',
  'stubdom_xid',
  'template',
  'template_for_dispvms',
  'updateable',
  'uuid',
  'visible_gateway',
  'visible_gateway6',
  'visible_ip',
  'visible_ip6',
  'xid',
]);

/** Whether a change of a property of a template can make its disposables outdated. */
export function canOutdate(property: string): boolean {
  return !IGNORED.has(property);
}

/**
 * Why a disposable that was started ahead must not be handed out any more: its template has changed
 * since. Undefined when it may.
 */
export async function outdatedReason(disposable: Qube): Promise<string | undefined> {
  const template = templateOf(disposable);
  if (template === undefined) return 'template: gone';
  try {
    const [isResized, outdated] = await Promise.all([
      hasOtherSize(disposable, template),
      outdatedVolume(disposable),
    ]);
    if (isResized) return 'volumes_size: private';
    if (outdated !== undefined) return `volumes_outdated: ${outdated}`;
  } catch (error) {
    // What cannot be judged is not handed out; who asked gets another one.
    if (!(error instanceof QubesException)) throw error;
    return `volumes: ${error.message}`;
  }
  const properties = differingProperties(disposable);
  return properties.length === 0 ? undefined : `properties: ${properties.join(', ')}`;
}

/** The properties that a disposable has otherwise than its template, of those that matter. */
export function differingProperties(disposable: Qube): readonly string[] {
  return [...disposable.properties]
    .filter((row) => differs(disposable, row))
    .map(({ name }) => name);
}

/** Whether a disposable has a property that matters otherwise than its template. */
export function differs(disposable: Qube, row: Property<Qube>): boolean {
  const template = templateOf(disposable);
  if (template === undefined || !canOutdate(row.name) || !template.has(row)) return false;
  return printValue(disposable.find(row)) !== printValue(template.find(row));
}

async function hasOtherSize(disposable: Qube, template: Qube): Promise<boolean> {
  const [own, other] = await Promise.all(
    [disposable, template].map((qube) => volumeOf(qube, 'private').size()),
  );
  return own !== other;
}

async function outdatedVolume(disposable: Qube): Promise<string | undefined> {
  const names = [...disposable.volumes.keys()];
  const outdated = await Promise.all(names.map((name) => volumeOf(disposable, name).isOutdated()));
  return names.find((_, index) => outdated[index]);
}
