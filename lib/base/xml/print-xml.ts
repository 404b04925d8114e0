import type { XmlElement } from './xml.ts';

/** An element to be written. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children?: readonly XmlNode[];
  /** Undefined and empty are written differently: `<a/>` and `<a></a>`. */
  readonly text?: string | undefined;
}

const INDENT = '  ';

/** Escapes as libxml2 writes them. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * Prints an element as lxml does with `pretty_print`: each child on a line of its own, two blanks
 * deeper than its parent; no line break at the end.
 * @param depth how deep the element itself is in the document
 */
export function printXml(node: XmlNode, depth = 0): string {
  const { name, children = [], text } = node;
  if (children.length === 0 && text === undefined) return `<${name}${attributesOf(node)}/>`;
  const inner = children.map((child) => `${lineBreak(depth + 1)}${printXml(child, depth + 1)}`);
  const last = children.length === 0 ? '' : lineBreak(depth);
  return `<${name}${attributesOf(node)}>${escapeText(text ?? '')}${inner.join('')}${last}</${name}>`;
}

/** The beginning of an element whose content is printed elsewhere. */
export function printStartTag(node: XmlNode): string {
  return `<${node.name}${attributesOf(node)}>`;
}

/** An element as it was read, to be written again: white space between its children is not kept. */
export function nodeOf({ name, attributes, children, text }: XmlElement): XmlNode {
  const isBlank = text.trim() === '' && (children.length > 0 || text === '');
  return { name, attributes, children: children.map(nodeOf), text: isBlank ? undefined : text };
}

function attributesOf({ attributes }: XmlNode): string {
  let printed = '';
  for (const [key, value] of attributes) printed += ` ${key}="${escapeAttribute(value)}"`;
  return printed;
}

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

function lineBreak(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}
