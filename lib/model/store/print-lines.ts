import { QubesValueError } from '../../base/admin-error.ts';
import { printXml } from '../../base/xml/print-xml.ts';
import type { XmlNode } from '../../base/xml/print-xml.ts';
import { NOT_XML_CHARACTER } from '../../base/xml/xml-grammar.ts';

/**
 * Elements, each on lines of its own.
 * @param title whose they are, for the message: what the reader refuses must never be written
 */
export function printLines(nodes: readonly XmlNode[], depth: number, title = 'the system'): Buffer {
  const indent = '  '.repeat(depth);
  const text = nodes.map((node) => `${indent}${printXml(node, depth)}\n`).join('');
  if (!NOT_XML_CHARACTER.test(text)) return Buffer.from(text);
  throw new QubesValueError(`Cannot save ${title}: a value has a character that XML forbids`);
}
