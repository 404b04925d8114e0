import { XMLParser } from 'fast-xml-parser';
import { reasonOf } from '../errors.ts';
import { printable } from '../printable.ts';
import { MiB } from '../size.ts';
import { contentError } from '../content-error.ts';
import { checkXmlGrammar, MAX_DEPTH } from './xml-grammar.ts';
import { decodeXmlAttribute, decodeXmlText } from './xml-text.ts';

/** Greatest document that is read; 1000 qubes make less than 2 MiB. */
export const MAX_XML_SIZE = 16 * MiB;

/** One element; comments and processing instructions are gone, white space is kept. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly inside the element, joined. */
  readonly text: string;
}

const OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Decoding is ours: the parser's would know HTML's entities and leave unknown ones as they are.
  processEntities: false,
  cdataPropName: '#cdata',
  maxNestedTags: MAX_DEPTH + 1,
  onDangerousProperty: (name: string) => name,
};

/** Made with the first document: most programs start without one. */
let parser: XMLParser | undefined;

/**
 * Reads an XML document as Qubes writes it: UTF-8, one root, no DOCTYPE, no namespaces.
 * @param file its name, for messages
 * @returns the root element
 * @throws DamagedError, stage `content`, for anything else
 */
export function parseXml(untrusted: Uint8Array, file: string): XmlElement {
  if (untrusted.length > MAX_XML_SIZE) {
    throw contentError(file, `it has ${untrusted.length} bytes, more than ${MAX_XML_SIZE}`);
  }
  try {
    const untrustedText = new TextDecoder('utf-8', { fatal: true }).decode(untrusted);
    const plain = checkXmlGrammar(untrustedText.replace(/\r\n?/g, '\n'));
    parser ??= new XMLParser(OPTIONS);
    const { children } = toElement('', parser.parse(plain), undefined);
    const [root, ...others] = children;
    if (root === undefined || others.length > 0) throw new SyntaxError('not exactly one root');
    return root;
  } catch (error) {
    throw contentError(file, `it is not well-formed XML (${printable(reasonOf(error))})`, error);
  }
}

/** Every element reached from `element` by a path of names: `select(root, 'domains', 'domain')`. */
export function select(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) =>
      found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/**
 * Turns the parser's lists of one-key objects into an element. Its output is checked by hand: with a
 * schema this took longer than the parsing.
 */
function toElement(
  name: string,
  untrustedNodes: unknown,
  untrustedAttributes: unknown,
): XmlElement {
  const children: XmlElement[] = [];
  let joined = '';
  for (const node of listOf(untrustedNodes)) {
    const content = recordOf(node);
    for (const key in content) {
      if (key === ':@') continue;
      if (key === '#text') joined += decodeXmlText(textOf(content[key]));
      else if (key === '#cdata') joined += textOf(recordOf(listOf(content[key])[0])['#text']);
      else children.push(toElement(key, content[key], content[':@']));
    }
  }
  return { name, attributes: toAttributes(untrustedAttributes), children, text: joined };
}

function toAttributes(untrusted: unknown): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  if (untrusted === undefined) return attributes;
  const pairs = recordOf(untrusted);
  for (const key in pairs) attributes.set(key, decodeXmlAttribute(textOf(pairs[key])));
  return attributes;
}

function listOf(untrusted: unknown): readonly unknown[] {
  return Array.isArray(untrusted) ? untrusted : unexpected();
}

function recordOf(untrusted: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof untrusted === 'object' && untrusted !== null;
  return isRecord ? (untrusted as Readonly<Record<string, unknown>>) : unexpected();
}

function textOf(untrusted: unknown): string {
  return typeof untrusted === 'string' ? untrusted : unexpected();
}

function unexpected(): never {
  throw new SyntaxError('unexpected structure');
}
