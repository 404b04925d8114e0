import type { Qube } from '../qube.ts';

/** Properties in which a disposable may differ from its template. */
export const ANY_PROPERTY_MATTERS_BUT: ReadonlySet<string> = new Set([
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

/** Why a disposable is not like its template any more; undefined when it is. */
export function outdatedReason(disposable: Qube): Promise<string | undefined> {
  return Promise.resolve(disposable.presence === 'listed' ? undefined : 'it is gone');
}
