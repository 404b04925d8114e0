import { ProtocolError, QubesValueError } from '../../base/admin-error.ts';
import { decodeAscii } from '../../base/ascii.ts';
import type { FirewallRule } from '../../base/firewall/rule.ts';
import { RuleError } from '../../base/firewall/rule-error.ts';
import { parseRules } from '../../base/firewall/rule-text.ts';
import type { Qube } from '../qube.ts';
import { awaitExpiry } from './expiry.ts';
import { isExpired, readRules, writeRules } from './firewall-file.ts';

/**
 * The rules of a qube that hold at this moment.
 * @throws QubesNotImplementedError for a qube of another machine
 * @throws QubesException when the file cannot be read or understood
 */
export async function firewallOf(qube: Qube): Promise<readonly FirewallRule[]> {
  return (await readRules(qube)).filter((rule) => !isExpired(rule));
}

/**
 * Replaces the rules of a qube, on disk and where it is connected.
 * @param untrusted one rule on a line, as the Admin API spells them
 * @throws ProtocolError when it is not ASCII
 * @throws QubesValueError for a bad rule, with its number; nothing has changed then
 * @throws as `firewallOf` otherwise; nothing has changed then either
 */
export async function setFirewall(qube: Qube, untrusted: Uint8Array): Promise<void> {
  const rules = acceptRules(untrusted);
  await writeRules(qube, rules);
  awaitExpiry(qube, rules);
  await qube.act('firewall-changed', {});
}

/**
 * Brings the rules of a qube anew to where it is connected.
 * @throws as `firewallOf`
 */
export async function reloadFirewall(qube: Qube): Promise<void> {
  await readRules(qube);
  await qube.act('firewall-changed', {});
}

function acceptRules(untrusted: Uint8Array): readonly FirewallRule[] {
  const text = decodeAscii(untrusted);
  if (text === undefined) throw new ProtocolError('Rules contains non-ASCII characters');
  try {
    return parseRules(text);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new QubesValueError(error.message, { cause: error });
  }
}
