import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { reasonOf } from '../errors.ts';
import { printable } from '../printable.ts';
import { MiB } from '../size.ts';
import { contentError } from '../content-error.ts';
import { checkXmlGrammar, MAX_DEPTH } from './xml-grammar.ts';
import { decodeXmlAttribute, decodeXmlText } from './xml-text.ts';

/** 1000 qubes make less than 2 MiB. */
const MAX_SIZE = 16 * MiB;

/** One element; comments and processing instructions are gone, white space is kept. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly inside the element, joined. */
  readonly text: string;
}

const parser = new XMLParser({
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
});

const nodes = z.array(z.record(z.string(), z.unknown()));
const attributes = z.record(z.string(), z.string());
const text = z.string();
const cdata = z.tuple([z.object({ '#text': text })]);

/**
 * Reads an XML document as Qubes writes it: UTF-8, one root, no DOCTYPE, no namespaces.
 * @param file its name, for messages
 * @returns the root element
 * @throws DamagedError, stage `content`, for anything else
 */
export function parseXml(untrusted: Uint8Array, file: string): XmlElement {
  if (untrusted.length > MAX_SIZE) {
    throw contentError(file, `it has ${untrusted.length} bytes, more than ${MAX_SIZE}`);
  }
  try {
    const untrustedText = new TextDecoder('utf-8', { fatal: true }).decode(untrusted);
    const plain = checkXmlGrammar(untrustedText.replace(/\r\n?/g, '\n'));
    const { children } = toElement('', parser.parse(plain), undefined);
    const [root, ...others] = children;
    if (root === undefined || others.length > 0) throw new SyntaxError('not exactly one root');
    return root;
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'unexpected structure' : reasonOf(error);
    throw contentError(file, `it is not well-formed XML (${printable(reason)})`, error);
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

/** Turns the parser's lists of one-key objects into an element. */
function toElement(
  name: string,
  untrustedNodes: unknown,
  untrustedAttributes: unknown,
): XmlElement {
  const children: XmlElement[] = [];
  let joined = '';
  for (const node of nodes.parse(untrustedNodes)) {
    for (const [key, value] of Object.entries(node)) {
      if (key === ':@') continue;
      if (key === '#text') joined += decodeXmlText(text.parse(value));
      else if (key === '#cdata') joined += cdata.parse(value)[0]['#text'];
      else children.push(toElement(key, value, node[':@']));
    }
  }
  const pairs = Object.entries(attributes.parse(untrustedAttributes ?? {}));
  return {
    name,
    attributes: new Map(pairs.map(([key, value]) => [key, decodeXmlAttribute(value)])),
    children,
    text: joined,
  };
}
