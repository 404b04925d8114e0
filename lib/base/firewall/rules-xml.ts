import { isIPv4 } from 'node:net';

import { contentError } from '../content-error.ts';
import { printable } from '../printable.ts';
import { namedTexts } from '../xml/named-texts.ts';
import type { XmlNode } from '../xml/print-xml.ts';
import { printXml } from '../xml/print-xml.ts';
import type { XmlElement } from '../xml/xml.ts';
import { parseXml, select } from '../xml/xml.ts';
import { destination } from './destination.ts';
import { parseNumber, parsePorts, parseRule } from './parse-rule.ts';
import type { FirewallRule } from './rule.ts';
import { acceptRule, MAX_RULES } from './rule.ts';
import { RuleError } from './rule-error.ts';
import { commentText } from './rule-text.ts';

/**
 * Reads a `firewall.xml`: version 2 of Qubes 4, or the form before it. A file with one rule that
 * is not understood is refused as a whole: without that rule the others would mean something else.
 * What no rule lets pass is dropped.
 * @param file its name, for messages
 * @throws DamagedError, stage `content`
 */
export function parseFirewallXml(untrusted: Uint8Array, file: string): readonly FirewallRule[] {
  const root = parseXml(untrusted, file);
  const rules = rulesOf(root, file);
  if (rules.length > MAX_RULES) throw contentError(file, `more than ${MAX_RULES} rules`);
  return rules.map((read, index) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw contentError(file, `rule ${index + 1}: ${error.message}`, error);
    }
  });
}

/** The `firewall.xml` of these rules, version 2, byte for byte as the reference writes it. */
export function printFirewallXml(rules: readonly FirewallRule[]): string {
  const root = node('firewall', [node('rules', rules.map(nodeOfRule))], { version: '2' });
  return `${printXml(root)}\n`;
}

type ReadRule = () => FirewallRule;

function rulesOf(root: XmlElement, file: string): readonly ReadRule[] {
  const version = root.attributes.get('version');
  if (root.name === 'firewall' && version === '2') {
    return select(root, 'rules', 'rule').map((rule, index) => () => {
      const properties = select(rule, 'properties', 'property');
      return parseRule(namedTexts(properties, file, `rule ${index + 1}`));
    });
  }
  if (root.name === 'QubesFirewallRules' && (version === undefined || version === '1'))
    return rulesOfVersion1(root, file);
  const name = printable(`${root.name} version="${version ?? ''}"`, 60);
  throw contentError(file, `<${name}> is not a known form of firewall`);
}

/**
 * All rules of the form before Qubes 4: DNS and ICMP are attributes of the root, the listed
 * exceptions do the opposite of the policy, and where that allows, the last rule says so.
 */
function rulesOfVersion1(root: XmlElement, file: string): readonly ReadRule[] {
  const policy = root.attributes.get('policy');
  if (policy !== 'allow' && policy !== 'deny') throw contentError(file, 'it has no valid policy');
  const actionOf = (word: string | undefined): string => (word === 'allow' ? 'accept' : 'drop');
  const exception = actionOf(policy === 'allow' ? 'deny' : 'allow');
  const candidates = [
    { action: actionOf(root.attributes.get('dns') ?? policy), specialtarget: 'dns' },
    { action: actionOf(root.attributes.get('icmp') ?? policy), proto: 'icmp' },
    ...root.children.map(({ attributes }) => exceptionOfVersion1(attributes, exception)),
    ...(policy === 'allow' ? [{ action: 'accept' }] : []),
  ];
  return candidates.map((candidate) => () => acceptRule(candidate));
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
    // Host names have no case; later forms take them in lower case only.
    ...(isAnywhere ? {} : destination(address.toLowerCase(), netmask)),
    ...(proto === 'any' ? {} : { proto }),
    ...(dstports === undefined ? {} : { dstports }),
    ...(expire === '' ? {} : { expire: parseNumber(expire) }),
  };
}

function nodeOfRule(rule: FirewallRule): XmlNode {
  const { dstports: [first, last] = [] } = rule;
  const values: readonly (readonly [string, string | number | undefined])[] = [
    ['action', rule.action],
    ['comment', commentText(rule)],
    ['expire', rule.expire],
    ['dsthost', rule.dst4 ?? rule.dst6 ?? rule.dsthost],
    ['proto', rule.proto],
    ['specialtarget', rule.specialtarget],
    ['dstports', first === last ? first : `${first}-${last}`],
    ['icmptype', rule.icmptype],
  ];
  const properties = values.flatMap(([name, value]) =>
    value === undefined ? [] : [node('property', undefined, { name }, String(value))],
  );
  return node('rule', [node('properties', properties)]);
}

function node(
  name: string,
  children: readonly XmlNode[] | undefined,
  attributes: Readonly<Record<string, string>> = {},
  text?: string,
): XmlNode {
  return { name, attributes: new Map(Object.entries(attributes)), children: children ?? [], text };
}
