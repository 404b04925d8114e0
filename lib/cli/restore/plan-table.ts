import { printable } from '../../base/printable.ts';
import type { PlannedPool, PlannedQube, RestorePlan } from '../../base/restore-plan.ts';
import { formatSize } from '../../base/size.ts';
import { isTooSmall } from '../../restore/plan-pools.ts';
import { table } from '../table.ts';

const HEAD = ['QUBE', 'CLASS', 'LABEL', 'TEMPLATE', 'NETVM', 'SIZE', 'POOL', 'REMARKS'];

/** A plan for people: a row a qube, and what is needed of each pool. Ends with a line break. */
export function planTable(plan: RestorePlan): string {
  return [table(HEAD, rows(plan, formatSize), ['SIZE']), ...plan.pools.map(poolLine)].join('');
}

/** The same rows for programs: fields parted by tabs, sizes in bytes. */
export function planLines(plan: RestorePlan): string {
  return rows(plan, String)
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

function rows(plan: RestorePlan, size: (bytes: number) => string): string[][] {
  const qubes = plan.qubes.map((qube) => [
    ...[qube.name, qube.class, qube.label, qube.template ?? '-', netvmOf(qube)],
    ...[size(qube.size), poolsOf(qube), remarks(qube)],
  ]);
  const { home } = plan;
  if (home !== undefined) {
    const remark = [`home of ${home.user}`, ...problems(home)].join('; ');
    qubes.push(['dom0', 'AdminVM', '-', '-', '-', size(home.size), '-', remark]);
  }
  return qubes.map((row) => row.map((text) => printable(text, MAX_CELL)));
}

const MAX_CELL = 500;

function netvmOf({ references }: PlannedQube): string {
  return 'netvm' in references ? (references['netvm'] ?? '-') : '(default)';
}

function poolsOf({ volumes }: PlannedQube): string {
  const pools = new Set(volumes.map(({ pool }) => pool ?? '(default)'));
  return pools.size === 0 ? '-' : [...pools].join(' ');
}

function remarks(qube: PlannedQube): string {
  const { name, newName, action, resumes } = qube;
  const named = action === 'restore' && newName !== name ? [`will be ${newName}`] : [];
  const all = [...(resumes === true ? ['goes on'] : []), ...named, ...problems(qube)];
  return all.length === 0 ? '-' : all.join('; ');
}

function problems({ action, problems: all }: Pick<PlannedQube, 'action' | 'problems'>): string[] {
  const said = all.map(({ blocks, message }) => (blocks ? `STOPS: ${message}` : message));
  if (action === 'restore') return said;
  return [said.length === 0 ? 'SKIPPED' : `SKIPPED: ${said.join('; ')}`];
}

function poolLine(pool: PlannedPool): string {
  const { name, needed, free } = pool;
  const told = free === undefined ? 'nobody knows how much is free' : `${formatSize(free)} free`;
  const end = isTooSmall(pool) ? ': TOO SMALL' : '';
  return `Pool ${printable(name)}: up to ${formatSize(needed)} needed, ${told}${end}.\n`;
}
