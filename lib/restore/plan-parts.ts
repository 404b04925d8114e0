import type { BackupQube } from '../archive/metadata/metadata.ts';
import type { RestoreProblem } from '../base/restore-plan.ts';
import { isOnHost, nameAfterwards, type PlanContext, type Role } from './plan-context.ts';

/** A thing that is missing: whether something else takes its place, or the qube cannot be restored. */
export interface Finding extends Pick<RestoreProblem, 'code' | 'message'> {
  readonly settled: boolean;
}

/** What a qube gets, and what there is to say of it. */
export interface Part<Value> {
  readonly value: Value;
  readonly findings: readonly Finding[];
}

/** The template of a qube by its name after the restore; null for classes that have none. */
export function planTemplate(qube: BackupQube, context: PlanContext): Part<string | null> {
  const role = templateRole(qube.class);
  if (role === undefined) return { value: null, findings: [] };
  const { template } = qube;
  const found = template === null ? undefined : nameAfterwards(template, role, context);
  if (found !== undefined) return { value: found, findings: [] };
  const { globals } = context.host;
  const named = globals.get(role === 'template' ? 'default_template' : 'default_dispvm') ?? null;
  const standIn = named !== null && isOnHost(named, role, context.host) ? named : null;
  // Before Qubes 4, whose template was the default said nothing.
  if (template === null && standIn !== null) return { value: standIn, findings: [] };
  const message = `no ${role} ${template ?? 'by default'} on the host or among what is restored`;
  const isSettled = context.options.useDefaultTemplate && standIn !== null;
  return {
    value: isSettled ? standIn : template,
    findings: [missing('MISSING_TEMPLATE', message, isSettled, `${standIn} instead`)],
  };
}

/** What the template of a qube of that class must be; undefined for classes that have none. */
export function templateRole(className: string): Role | undefined {
  if (className === 'AppVM') return 'template';
  return className === 'DispVM' ? 'disposable template' : undefined;
}

/** The netvm of a qube; undefined where it follows the default. */
export function planNetvm(qube: BackupQube, context: PlanContext): Part<string | null | undefined> {
  const netvm = qube.properties.get('netvm');
  if (netvm === undefined || netvm === null) return { value: netvm, findings: [] };
  const found = nameAfterwards(netvm, 'network', context);
  if (found !== undefined) return { value: found, findings: [] };
  const message = `no ${netvm} that provides network on the host or among what is restored`;
  const { useDefaultNetvm, useNoneNetvm } = context.options;
  const finding = (isSettled: boolean, instead: string): readonly Finding[] => [
    missing('MISSING_NETVM', message, isSettled, instead),
  ];
  if (useDefaultNetvm) return { value: undefined, findings: finding(true, 'follows the default') };
  if (useNoneNetvm) return { value: null, findings: finding(true, 'has none') };
  return { value: netvm, findings: finding(false, '') };
}

/** The kernel of a qube; undefined where it follows the default. */
export function planKernel(
  qube: BackupQube,
  context: PlanContext,
): Part<string | null | undefined> {
  const kernel = qube.properties.get('kernel');
  const { kernels } = context.host;
  const isThere = !kernel || kernels === undefined || kernels.has(kernel);
  if (isThere) return { value: kernel, findings: [] };
  const isSettled = context.options.useDefaultKernel;
  const message = `no kernel ${kernel} on the host`;
  return {
    value: isSettled ? undefined : kernel,
    findings: [missing('MISSING_KERNEL', message, isSettled, 'follows the default')],
  };
}

function missing(
  code: Finding['code'],
  message: string,
  settled: boolean,
  instead: string,
): Finding {
  return { code, message: settled ? `${message}: ${instead}` : message, settled };
}
