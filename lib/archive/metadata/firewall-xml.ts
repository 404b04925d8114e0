import { isIPv4 } from 'node:net';
import { printable } from '../../base/printable.ts';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import { destination } from './firewall-destination.ts';
import { firewallRule } from './firewall-rule.ts';
import type { FirewallRule } from './firewall-rule.ts';
import { namedTexts } from './named-texts.ts';
import { parseXml, select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/** Far beyond what a network qube can carry; keeps a hostile file from filling the report. */
const MAX_RULES = 10_000;

/**
 * Reads a `firewall.xml`: version 2 of Qubes 4, or the form before it. A file with one rule that
 * is not understood is refused as a whole: without that rule the others would mean something else.
 * @param file its name in the backup, for messages
 * @throws DamagedError, stage `content`
 */
export function parseFirewallXml(untrusted: Uint8Array, file: string): readonly FirewallRule[] {
  const root = parseXml(untrusted, file);
  const candidates = candidatesOf(root, file);
  if (candidates.length > MAX_RULES) throw contentError(file, `more than ${MAX_RULES} rules`);
  return candidates.map((candidate, index) =>
    accept(firewallRule, candidate, file, `rule ${index + 1}`),
  );
}

function candidatesOf(root: XmlElement, file: string): readonly unknown[] {
  const version = root.attributes.get('version');
  if (root.name === 'firewall' && version === '2') {
    return select(root, 'rules', 'rule').map((rule, index) => ruleOfVersion2(rule, file, index));
  }
  if (root.name === 'QubesFirewallRules' && version === undefined)
    return rulesOfVersion1(root, file);
  const name = printable(`${root.name} version="${version ?? ''}"`, 60);
  throw contentError(file, `<${name}> is not a known form of firewall`);
}

/** A rule of Qubes 4: `<property name="dsthost">10.0.0.0/8</property>` and so on. */
function ruleOfVersion2(rule: XmlElement, file: string, index: number): unknown {
  const properties = select(rule, 'properties', 'property');
  const { dsthost, dstports, icmptype, expire, ...others } = Object.fromEntries(
    namedTexts(properties, file, `rule ${index + 1}`),
  );
  return {
    ...others,
    ...(dsthost === undefined ? {} : destination(dsthost)),
    ...(dstports === undefined ? {} : { dstports: parsePorts(dstports) }),
    ...(icmptype === undefined ? {} : { icmptype: parseNumber(icmptype) }),
    ...(expire === undefined ? {} : { expire: parseNumber(expire) }),
  };
}

/**
 * All rules of the form before Qubes 4: DNS and ICMP are attributes of the root, the listed
 * exceptions do the opposite of the policy, the policy itself is the last rule.
 */
function rulesOfVersion1(root: XmlElement, file: string): readonly unknown[] {
  const policy = root.attributes.get('policy');
  if (policy !== 'allow' && policy !== 'deny') throw contentError(file, 'it has no valid policy');
  const actionOf = (word: string | undefined): string => (word === 'allow' ? 'accept' : 'drop');
  const exception = actionOf(policy === 'allow' ? 'deny' : 'allow');
  return [
    { action: actionOf(root.attributes.get('dns') ?? policy), specialtarget: 'dns' },
    { action: actionOf(root.attributes.get('icmp') ?? policy), proto: 'icmp' },
    ...root.children.map(({ attributes }) => exceptionOfVersion1(attributes, exception)),
    { action: actionOf(policy) },
  ];
}

function exceptionOfVersion1(attributes: ReadonlyMap<string, string>, action: string): unknown {
  const address = attributes.get('address') ?? '';
  const netmask = attributes.get('netmask');
  const port = attributes.get('port') ?? '';
  const toPort = attributes.get('toport') ?? '';
  const expire = attributes.get('expire') ?? '';
  const dstports = port === '' ? undefined : parsePorts(toPort === '' ? port : `${port}-${toPort}`);
  const proto = attributes.get('proto') ?? (dstports === undefined ? 'any' : 'tcp');
  // A network of length 0 was how this form said "anywhere".
  const isAnywhere = address === '' || (netmask === '0' && isIPv4(address));
  return {
    action,
    ...(isAnywhere ? {} : destination(address, netmask)),
    ...(proto === 'any' ? {} : { proto }),
    ...(dstports === undefined ? {} : { dstports }),
    ...(expire === '' ? {} : { expire: parseNumber(expire) }),
  };
}

function parsePorts(untrusted: string): readonly number[] {
  const [first = '', last = first, ...rest] = untrusted.split('-');
  return rest.length > 0 ? [] : [parseNumber(first), parseNumber(last)];
}

/** NaN, which no schema accepts, for other text. */
function parseNumber(untrusted: string): number {
  return /^\d{1,15}$/.test(untrusted) ? Number(untrusted) : NaN;
}
