import { parseBoolean } from '../archive/metadata/scalar.ts';
import { savedVolumes } from '../archive/metadata/expected-parts.ts';
import type { BackupQube } from '../archive/metadata/metadata.ts';
import { NeedsError, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { PlannedPool, PlannedQube, RestorePlan } from '../base/restore-plan.ts';
import { formatSize } from '../base/size.ts';
import { isQubeName } from './choose-names.ts';
import type { HostFacts } from './host-facts.ts';
import type { PlannedBackup } from './make-plan.ts';
import { isOnHost, type Role, suits } from './plan-context.ts';
import { REFERENCE_ROLES } from './plan-links.ts';
import { templateRole } from './plan-parts.ts';
import { isTooSmall, planPools } from './plan-pools.ts';
import { CLASSES } from './plan-qube.ts';

/** How many of the things that are wrong are told. */
const MOST_TOLD = 5;

/**
 * Whether a plan that was saved, and perhaps edited, can be carried out on this host. Its problems
 * are what they were when it was made: what it says now is judged anew.
 * @throws UsageError where it cannot, NeedsError where a pool has too little space
 */
export function checkPlan(plan: RestorePlan, backup: PlannedBackup, host: HostFacts): void {
  if (plan.backup !== backup.identity) {
    throw new UsageError('Cannot use the plan: it was made for another backup');
  }
  const wrong = [
    ...namesTwice(plan),
    ...plan.qubes.flatMap((qube) => judge(qube, plan, backup, host)),
  ];
  wrong.push(...wrongHome(plan, backup));
  refuse(wrong, 'Change it, or make a new one.');
  requireAny(plan);
  requireSpace(planPools(plan.qubes, host), plan.ignoreSizeLimit);
}

/**
 * Whether a plan that was just made can be carried out.
 * @throws UsageError where problems stop it, NeedsError where a pool has too little space
 */
export function requireRunnable(plan: RestorePlan): void {
  const { qubes, home, pools, ignoreSizeLimit } = plan;
  const all = [...qubes, ...(home === undefined ? [] : [{ name: "dom0's home", ...home }])];
  const wrong = all.flatMap(({ name, problems }) =>
    problems.flatMap(({ blocks, message }) => (blocks ? [`${name}: ${message}`] : [])),
  );
  refuse(
    wrong,
    'See --rename-conflicting, --skip-conflicting, --ignore-missing, --skip-broken, --exclude, ' +
      '--skip-dom0-home and --ignore-username-mismatch.',
  );
  requireAny(plan);
  requireSpace(pools, ignoreSizeLimit);
}

function refuse(wrong: readonly string[], hint: string): void {
  if (wrong.length === 0) return;
  const told = wrong.slice(0, MOST_TOLD).map((text) => printable(text));
  const more = wrong.length > told.length ? `, and ${wrong.length - told.length} more` : '';
  throw new UsageError(`Cannot restore as planned: ${told.join('; ')}${more}`, { hint });
}

function requireAny({ qubes, home }: RestorePlan): void {
  if ([...qubes, home].some((one) => one?.action === 'restore')) return;
  throw new UsageError('There is nothing to restore: everything is left out');
}

function requireSpace(pools: readonly PlannedPool[], isIgnored: boolean): void {
  const small = pools.find(isTooSmall);
  if (small === undefined || isIgnored) return;
  const { name, needed, free = 0 } = small;
  throw new NeedsError(
    `Cannot restore: the pool ${name} has ${formatSize(free)} free, and up to ` +
      `${formatSize(needed)} are needed`,
    { hint: 'Choose another one with --pool, fewer qubes, or go on with --ignore-size-limit.' },
  );
}

function wrongHome({ home }: RestorePlan, { metadata }: PlannedBackup): string[] {
  if (home?.action !== 'restore') return [];
  if (metadata.qubes.get('dom0')?.backup.included !== true)
    return ['the backup has no home of dom0'];
  return home.problems.flatMap(({ blocks, message }) =>
    blocks ? [`dom0's home: ${message}`] : [],
  );
}

function namesTwice({ qubes }: RestorePlan): string[] {
  const twice = (names: readonly string[]): string[] => [
    ...new Set(names.filter((name, at) => names.indexOf(name) !== at)),
  ];
  const restored = qubes.filter(({ action }) => action === 'restore');
  return [
    ...twice(qubes.map(({ name }) => name)).map((name) => `${name}: it stands there twice`),
    ...twice(restored.map(({ newName }) => newName)).map(
      (name) => `${name}: two qubes get that name`,
    ),
  ];
}

/** What is wrong with the plan of a qube. */
function judge(
  planned: PlannedQube,
  plan: RestorePlan,
  { metadata }: PlannedBackup,
  host: HostFacts,
): readonly string[] {
  if (planned.action === 'skip') return [];
  const qube = metadata.qubes.get(planned.name);
  if (
    qube?.backup.included !== true ||
    qube.class !== planned.class ||
    !CLASSES.includes(qube.class)
  ) {
    return [`${planned.name}: the backup has no such ${planned.class} to restore`];
  }
  const made = plan.qubes.filter(({ action }) => action === 'restore');
  const isThere = (name: string, role: Role): boolean => {
    const other = made.find(({ newName }) => newName === name);
    return other === undefined ? isOnHost(name, role, host) : suits(roleOf(other), role);
  };
  return [
    ...wrongName(planned, host),
    ...wrongTemplate(planned, isThere),
    ...wrongReferences(planned, isThere),
    ...wrongValues(planned, qube, host),
  ].map((text) => `${planned.name}: ${text}`);
}

type IsThere = (name: string, role: Role) => boolean;

function wrongName({ name, newName }: PlannedQube, { qubes, unfinished }: HostFacts): string[] {
  if (!isQubeName(newName)) return [`no qube can have the name ${newName}`];
  if (!qubes.has(newName) || unfinished.get(name) === newName) return [];
  return [`there is a qube ${newName} already`];
}

function wrongTemplate(planned: PlannedQube, isThere: IsThere): string[] {
  const role = templateRole(planned.class);
  const { template } = planned;
  if (role === undefined) return template === null ? [] : [`${planned.class} has no template`];
  if (template !== null && isThere(template, role)) return [];
  return [`there is no ${role} ${template ?? 'for it'}`];
}

function wrongReferences({ references, devices }: PlannedQube, isThere: IsThere): string[] {
  const named = Object.entries(references).flatMap(([property, name]) => {
    const role = REFERENCE_ROLES.get(property);
    if (role === undefined) return [`${property} is no reference`];
    return name === null || isThere(name, role) ? [] : [`there is no ${name} for ${property}`];
  });
  const backends = devices.flatMap(({ backendDomain: name, portId }) =>
    name === undefined || isThere(name, 'any') ? [] : [`there is no ${name} for device ${portId}`],
  );
  return [...named, ...backends];
}

function wrongValues(planned: PlannedQube, qube: BackupQube, host: HostFacts): string[] {
  const kernel = planned.properties['kernel'];
  const saved = savedVolumes(qube);
  return [
    ...(host.labels.has(planned.label) ? [] : [`there is no label ${planned.label}`]),
    ...(!kernel || host.kernels?.has(kernel) !== false ? [] : [`there is no kernel ${kernel}`]),
    ...planned.volumes.flatMap(({ name, pool }) => [
      ...(saved.includes(name) ? [] : [`the backup has no volume ${name} of it`]),
      ...(pool === undefined || host.pools.size === 0 || host.pools.has(pool)
        ? []
        : [`there is no pool ${pool}`]),
    ]),
  ];
}

function roleOf({ class: className, properties }: PlannedQube): Parameters<typeof suits>[0] {
  const isTrue = (name: string): boolean => parseBoolean(properties[name] ?? '') ?? false;
  return {
    class: className,
    providesNetwork: isTrue('provides_network'),
    templateForDispvms: isTrue('template_for_dispvms'),
  };
}
