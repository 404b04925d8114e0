import { savedVolumes } from '../archive/metadata/expected-parts.ts';
import type { BackupQube } from '../archive/metadata/metadata.ts';
import type { PlannedQube, PlannedVolume, RestoreProblem } from '../base/restore-plan.ts';
import { KEPT_FEATURES } from '../model/behaviour/kept-features.ts';
import type { PlanContext } from './plan-context.ts';
import { planDevices, planReferences, planTags, REFERENCE_ROLES } from './plan-links.ts';
import { type Finding, planKernel, planNetvm, planTemplate } from './plan-parts.ts';

/** Classes of qubes that can be made. */
export const CLASSES = ['TemplateVM', 'AppVM', 'StandaloneVM', 'DispVM', 'RemoteVM'];

/** A label that every system has. */
const LABEL = 'red';

/** Properties that a qube gets by being made. */
const NEVER_RESTORED = ['dispid', 'installed_by_rpm', 'qid', 'uuid', 'name', 'label', 'template'];

/**
 * What speaks against restoring a qube, or is to be said: its own things, and what it needs of
 * those that are `restored`.
 */
export function findingsOf(qube: BackupQube, context: PlanContext): readonly Finding[] {
  const name = context.names.get(qube.name);
  if (!CLASSES.includes(qube.class)) {
    return [notRestorable(`qubes of class ${qube.class} cannot be made`)];
  }
  return [
    ...(name?.problem === undefined ? [] : [{ ...name.problem, settled: false }]),
    ...planTemplate(qube, context).findings,
    ...planNetvm(qube, context).findings,
    ...planKernel(qube, context).findings,
  ];
}

/** The plan of a qube. */
export function planQube(
  qube: BackupQube,
  context: PlanContext,
  action: PlannedQube['action'],
  problems: readonly RestoreProblem[],
): PlannedQube {
  const { newName, resumes } = context.names.get(qube.name) ?? {
    newName: qube.name,
    resumes: false,
  };
  const netvm = planNetvm(qube, context).value;
  const references = planReferences(qube, context);
  const devices = planDevices(qube, context);
  const tags = planTags(qube, context);
  const hasLabel = context.host.labels.has(qube.label);
  const remarks = [
    ...(hasLabel ? [] : [missingLabel(qube.label)]),
    ...references.findings,
    ...devices.findings,
    ...tags.findings,
  ];
  return {
    name: qube.name,
    newName,
    action,
    ...(resumes && { resumes }),
    class: qube.class,
    label: hasLabel ? qube.label : LABEL,
    template: planTemplate(qube, context).value,
    size: qube.backup.size,
    volumes: planVolumes(qube, context),
    properties: planProperties(qube, context),
    references: { ...(netvm !== undefined && { netvm }), ...references.value },
    features: Object.fromEntries([...qube.features].filter(([name]) => !KEPT_FEATURES.has(name))),
    tags: [...tags.value],
    devices: [...devices.value],
    problems: [
      ...problems,
      ...(action === 'skip' ? [] : remarks).map(({ code, message }) => ({
        ...{ code, message, blocks: false },
      })),
    ],
  };
}

function planVolumes(
  qube: BackupQube,
  { options: { overridePool } }: PlanContext,
): PlannedVolume[] {
  return savedVolumes(qube).map((name) => {
    const bytes = qube.volumes?.get(name)?.size;
    return {
      name,
      ...(bytes !== undefined && { bytes }),
      ...(overridePool !== undefined && { pool: overridePool }),
    };
  });
}

function planProperties(qube: BackupQube, context: PlanContext): Record<string, string | null> {
  const kernel = planKernel(qube, context).value;
  const left = [...qube.properties].filter(
    ([name]) =>
      !NEVER_RESTORED.includes(name) &&
      !REFERENCE_ROLES.has(name) &&
      (name !== 'kernel' || kernel !== undefined),
  );
  return Object.fromEntries(left);
}

function missingLabel(label: string): Finding {
  const message = `no label ${label} on the host: ${LABEL} instead`;
  return { code: 'MISSING_LABEL', message, settled: true };
}

function notRestorable(message: string): Finding {
  return { code: 'NOT_RESTORABLE', message, settled: false };
}
