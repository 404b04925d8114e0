import { QubesException, QubesNotImplementedError } from '../../base/admin-error.ts';
import { QubesRpcError, reasonOf } from '../../base/errors.ts';
import type { FirewallRule } from '../../base/firewall/rule.ts';
import { parseFirewallXml, printFirewallXml } from '../../base/firewall/rules-xml.ts';
import { withLockedQube } from '../locked-qube.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';

const FILE = 'firewall.xml';
const MILLISECONDS = 1000;

/** Rules of a qube for which nobody has made any. */
const DEFAULT_RULES: readonly FirewallRule[] = [{ action: 'accept' }];

/**
 * The rules of a qube, in their order; what none lets pass is dropped. Those whose time is over are
 * among them.
 * @throws QubesNotImplementedError for a qube of another machine
 * @throws QubesException when the file cannot be read or understood
 */
export async function readRules(qube: Qube): Promise<readonly FirewallRule[]> {
  const folder = folderOf(qube);
  try {
    const untrusted = await qube.system.storage.readText(folder, FILE);
    if (untrusted === undefined) return DEFAULT_RULES;
    return parseFirewallXml(Buffer.from(untrusted), `${folder}/${FILE}`);
  } catch (error) {
    if (!(error instanceof QubesRpcError)) throw error;
    throw new QubesException(error.message, { cause: error });
  }
}

/**
 * Replaces the rules of a qube on disk, all or none; those whose time is over are left out.
 * @throws as `readRules`
 */
export async function writeRules(qube: Qube, rules: readonly FirewallRule[]): Promise<void> {
  await withLockedQube(qube, () => replaceRules(qube, rules));
}

/**
 * Takes the rules off the disk whose time is over; nobody else writes them meanwhile.
 * @returns the others, and whether there were such
 * @throws as `readRules`
 */
export function removeExpired(
  qube: Qube,
): Promise<{ readonly rules: readonly FirewallRule[]; readonly isChanged: boolean }> {
  return withLockedQube(qube, async () => {
    const before = await readRules(qube);
    const rules = before.filter((rule) => !isExpired(rule));
    const isChanged = rules.length < before.length;
    if (isChanged) await replaceRules(qube, rules);
    return { rules, isChanged };
  });
}

/**
 * Gives a new disposable the rules of its template; nobody may know of it yet.
 * @throws as `readRules`
 */
export async function inheritRules(qube: Qube): Promise<void> {
  const template = templateOf(qube);
  const rules = template === undefined ? DEFAULT_RULES : await readRules(template);
  if (rules === DEFAULT_RULES) return;
  await write(qube, folderOf(qube), printFirewallXml(rules));
}

/** Whether the time of a rule is over. */
export function isExpired({ expire }: FirewallRule): boolean {
  return expire !== undefined && expire * MILLISECONDS < Date.now();
}

function replaceRules(qube: Qube, rules: readonly FirewallRule[]): Promise<void> {
  const text = printFirewallXml(rules.filter((rule) => !isExpired(rule)));
  return write(qube, folderOf(qube), text);
}

async function write({ system }: Qube, folder: string, text: string): Promise<void> {
  try {
    await system.storage.writeText(folder, FILE, text);
  } catch (error) {
    if (!(error instanceof QubesRpcError)) throw error;
    throw new QubesException(`firewall save error: ${reasonOf(error)}`, { cause: error });
  }
}

function folderOf({ folder, className }: Qube): string {
  if (folder !== undefined) return folder;
  throw new QubesNotImplementedError(`A ${className} has no firewall`);
}
