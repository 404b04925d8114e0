import { parseBoolean } from '../archive/metadata/scalar.ts';
import type { BackupMetadata, BackupQube } from '../archive/metadata/metadata.ts';
import type { ChosenName } from './choose-names.ts';
import type { HostFacts, HostQube } from './host-facts.ts';
import type { RestoreOptions } from './restore-options.ts';

/** What the plan of each qube is made from. */
export interface PlanContext {
  readonly metadata: Pick<BackupMetadata, 'qubes'>;
  readonly host: HostFacts;
  readonly options: RestoreOptions;
  /** By name in the backup. */
  readonly names: ReadonlyMap<string, ChosenName>;
  /** Names in the backup of the qubes that will be there: what others refer to must be among them. */
  readonly restored: ReadonlySet<string>;
}

/** What a qube must be for what refers to it. */
export type Role = 'any' | 'template' | 'disposable template' | 'network';

/**
 * What a qube that the backup names is called after the restore: restored itself, or a qube of that
 * name on the host.
 * @returns undefined if there will be none, or none that can be that
 */
export function nameAfterwards(name: string, role: Role, context: PlanContext): string | undefined {
  const { metadata, names, restored } = context;
  const qube = metadata.qubes.get(name);
  if (qube !== undefined && restored.has(name) && suits(roleOfBackup(qube), role)) {
    return names.get(name)?.newName;
  }
  return isOnHost(name, role, context.host) ? name : undefined;
}

/** Whether the host has such a qube. */
export function isOnHost(name: string, role: Role, { qubes }: HostFacts): boolean {
  const qube = qubes.get(name);
  return qube !== undefined && suits(qube, role);
}

/** Whether a qube can be that. */
export function suits(qube: Omit<HostQube, 'name'>, role: Role): boolean {
  switch (role) {
    case 'any':
      return true;
    case 'template':
      return qube.class === 'TemplateVM';
    case 'disposable template':
      return qube.templateForDispvms;
    case 'network':
      return qube.providesNetwork;
  }
}

function roleOfBackup({ class: className, properties }: BackupQube): Omit<HostQube, 'name'> {
  const isTrue = (property: string): boolean =>
    parseBoolean(properties.get(property) ?? '') ?? false;
  return {
    class: className,
    providesNetwork: isTrue('provides_network'),
    templateForDispvms: isTrue('template_for_dispvms'),
  };
}

/** Whether the person wants that qube, or dom0's home (`dom0`). */
export function isWanted(name: string, { include, exclude }: RestoreOptions): boolean {
  return (include.length === 0 || include.includes(name)) && !exclude.includes(name);
}
