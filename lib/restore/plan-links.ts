import type { BackupQube } from '../archive/metadata/metadata.ts';
import type { PlannedDevice } from '../base/restore-plan.ts';
import { RIGHTS_TAGS } from '../base/restore-tags.ts';
import { CREATED_BY } from '../model/behaviour/created-by.ts';
import { nameAfterwards, type PlanContext, type Role } from './plan-context.ts';
import type { Finding, Part } from './plan-parts.ts';

/** Properties that name a qube, but the template, and what that qube must be. */
export const REFERENCE_ROLES: ReadonlyMap<string, Role> = new Map([
  ['netvm', 'network'],
  ['default_dispvm', 'disposable template'],
  ['management_dispvm', 'disposable template'],
  ['guivm', 'any'],
  ['audiovm', 'any'],
  ['relayvm', 'any'],
]);

/** Tags that the system itself sets, by what a qube is and who makes it. */
const SYSTEM_TAGS = ['guivm-', 'audiovm-', 'backup-restore-', `${CREATED_BY}dom0`];

/** Tags that name the qube which made this one: policy gives it rights over it. */
const MAKER_TAGS = [CREATED_BY, `disp-${CREATED_BY}`];

/** What the properties of a qube refer to, by its name after the restore; the netvm is planned apart. */
export function planReferences(
  qube: BackupQube,
  context: PlanContext,
): Part<Readonly<Record<string, string | null>>> {
  const value: Record<string, string | null> = {};
  const findings: Finding[] = [];
  for (const [property, role] of REFERENCE_ROLES) {
    const named = qube.properties.get(property);
    if (named === undefined || property === 'netvm') continue;
    const found = named === null ? null : nameAfterwards(named, role, context);
    if (found !== undefined) value[property] = found;
    else findings.push(leftOut(`${property}, for there is no such ${named}`));
  }
  return { value, findings };
}

/** The devices that are assigned to a qube, their backends by the name after the restore. */
export function planDevices(
  qube: BackupQube,
  context: PlanContext,
): Part<readonly PlannedDevice[]> {
  if (!context.options.devices) {
    return { value: [], findings: qube.devices.length === 0 ? [] : [leftOut('its devices')] };
  }
  const value: PlannedDevice[] = [];
  const findings: Finding[] = [];
  for (const { bus, backendDomain, portId, identity, mode, options } of qube.devices) {
    const backend =
      backendDomain === undefined ? undefined : nameAfterwards(backendDomain, 'any', context);
    if (backendDomain !== undefined && backend === undefined) {
      findings.push(leftOut(`the ${bus} device ${portId} of ${backendDomain}, which is not there`));
      continue;
    }
    value.push({
      bus,
      ...(backend !== undefined && { backendDomain: backend }),
      ...{ portId, identity, mode, options: Object.fromEntries(options) },
    });
  }
  return { value, findings };
}

/**
 * The tags of a qube. Who made it is only kept if the maker is restored along: a qube of the host
 * that has its name may be another. What gives rights over other qubes is for a person to give.
 */
export function planTags(
  { tags }: BackupQube,
  { names, restored }: PlanContext,
): Part<readonly string[]> {
  const value = [...tags].flatMap((tag) => {
    if (SYSTEM_TAGS.some((start) => tag.startsWith(start)) || RIGHTS_TAGS.includes(tag)) return [];
    const start = MAKER_TAGS.find((prefix) => tag.startsWith(prefix));
    if (start === undefined) return [tag];
    const maker = tag.slice(start.length);
    const newName = restored.has(maker) ? names.get(maker)?.newName : undefined;
    return newName === undefined ? [] : [`${start}${newName}`];
  });
  const findings = RIGHTS_TAGS.filter((tag) => tags.has(tag)).map((tag): Finding => {
    const message = `without the tag ${tag}, which gives rights`;
    return { code: 'RIGHTS_LEFT_OUT', message, settled: true };
  });
  return { value, findings };
}

function leftOut(what: string): Finding {
  return { code: 'MISSING_QUBE', message: `without ${what}`, settled: true };
}
