import { reasonOf } from '../errors.ts';
import { printable } from '../printable.ts';
import { MiB } from '../size.ts';
import { contentError } from '../content-error.ts';
import { walkXml } from './xml-grammar.ts';
import type { XmlVisitor } from './xml-grammar.ts';
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
    const tree = new Tree();
    walkXml(untrustedText.replace(/\r\n?/g, '\n'), tree);
    return tree.root;
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

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

/** The document as it grows during the walk; the top holds the root. */
class Tree implements XmlVisitor {
  readonly #open: OpenElement[] = [];
  #current = newElement('', new Map());

  get root(): XmlElement {
    const [root] = this.#current.children;
    if (root === undefined) throw new SyntaxError('no root element');
    return root;
  }

  open(name: string, untrustedAttributes: ReadonlyMap<string, string>): void {
    const attributes = new Map<string, string>();
    for (const [key, value] of untrustedAttributes) attributes.set(key, decodeXmlAttribute(value));
    const element = newElement(name, attributes);
    this.#current.children.push(element);
    this.#open.push(this.#current);
    this.#current = element;
  }

  close(): void {
    this.#current = this.#open.pop() ?? this.#current;
  }

  text(untrusted: string): void {
    this.#current.text += decodeXmlText(untrusted);
  }

  cdata(untrusted: string): void {
    this.#current.text += untrusted;
  }
}

function newElement(name: string, attributes: ReadonlyMap<string, string>): OpenElement {
  return { name, attributes, children: [], text: '' };
}
