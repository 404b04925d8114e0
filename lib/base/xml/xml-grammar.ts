import { printable } from '../printable.ts';

/** Real documents are 6 deep. */
export const MAX_DEPTH = 32;
/** A store of 1000 qubes has some 45 000. */
const MAX_ELEMENTS = 500_000;
/** The longest real attribute is a list of services: some hundred characters. */
const MAX_ATTRIBUTE = 65_536;
/** Format 2 has some 40 on a qube. */
const MAX_ATTRIBUTES = 256;

// Names are ASCII and without namespaces: all that Qubes ever wrote.
const NAME = '[A-Za-z_][A-Za-z0-9_.-]*';
const DECLARATION =
  /^<\?xml\s+version\s*=\s*["']1\.[0-9]["'](?:\s+encoding\s*=\s*["'](?:utf-?8|us-ascii|ascii)["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>/i;
const START_TAG = new RegExp(`<(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*("[^"<]*"|'[^'<]*')`, 'y');
const TAG_END = /\s*(\/?)>/y;
const END_TAG = new RegExp(`</(${NAME})\\s*>`, 'y');
/** What no document can hold, not even by reference. */
export const NOT_XML_CHARACTER = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Checks that a text is a well-formed document of the plain XML that Qubes writes: one root, tags
 * that pair up, no DOCTYPE, no processing instruction, nothing outside the root but white space and
 * comments. It walks once over the text, one tag, attribute, comment or run of text at a time, and
 * judges form only; references (`&lt;`) are judged where they are decoded.
 * @returns the document without its XML declaration
 * @throws SyntaxError with a message that is safe to show
 */
export function checkXmlGrammar(untrusted: string): string {
  if (NOT_XML_CHARACTER.test(untrusted)) throw new SyntaxError('a character that XML forbids');
  const untrustedText = untrusted.replace(DECLARATION, '');
  const open: string[] = [];
  let elements = 0;
  let at = 0;

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(untrustedText);
    if (match !== null) at = pattern.lastIndex;
    return match ?? undefined;
  };
  const takeUntil = (end: string, what: string): string => {
    const stop = untrustedText.indexOf(end, at);
    if (stop < 0) throw new SyntaxError(`${what} without an end`);
    const body = untrustedText.slice(at, stop);
    at = stop + end.length;
    return body;
  };
  const takeTag = (name: string): void => {
    if (open.length === 0 && elements > 0) throw new SyntaxError('more than one root element');
    if (++elements > MAX_ELEMENTS) throw new SyntaxError(`more than ${MAX_ELEMENTS} elements`);
    const names = new Set<string>();
    for (let match = take(ATTRIBUTE); match !== undefined; match = take(ATTRIBUTE)) {
      const [, attribute = '', value = ''] = match;
      if (names.has(attribute)) throw new SyntaxError(`twice the attribute ${show(attribute)}`);
      if (value.length > MAX_ATTRIBUTE) {
        throw new SyntaxError(`the attribute ${show(attribute)} is too long`);
      }
      if (names.add(attribute).size > MAX_ATTRIBUTES) throw new SyntaxError('too many attributes');
    }
    const end = take(TAG_END);
    if (end === undefined) throw new SyntaxError(`malformed tag <${show(name)}>`);
    if (end[1] === '') open.push(name);
    if (open.length > MAX_DEPTH) throw new SyntaxError(`elements nest deeper than ${MAX_DEPTH}`);
  };

  while (at < untrustedText.length) {
    if (untrustedText.startsWith('<!--', at)) {
      at += 4;
      const body = takeUntil('-->', 'a comment');
      if (`${body}-`.includes('--')) throw new SyntaxError('a malformed comment');
    } else if (untrustedText.startsWith('<![CDATA[', at)) {
      if (open.length === 0) throw new SyntaxError('text outside the root element');
      at += 9;
      takeUntil(']]>', 'a CDATA section');
    } else if (untrustedText.startsWith('</', at)) {
      const name = take(END_TAG)?.[1];
      if (name === undefined || open.pop() !== name) {
        throw new SyntaxError(
          `an end tag that does not match${name === undefined ? '' : `: ${show(name)}`}`,
        );
      }
    } else if (untrustedText.startsWith('<', at)) {
      const name = take(START_TAG)?.[1];
      if (name === undefined) throw new SyntaxError(markupReason(untrustedText.slice(at, at + 9)));
      takeTag(name);
    } else {
      const stop = untrustedText.indexOf('<', at);
      const run = untrustedText.slice(at, stop < 0 ? undefined : stop);
      if (open.length === 0 && /\S/.test(run))
        throw new SyntaxError('text outside the root element');
      if (run.includes(']]>')) throw new SyntaxError('"]]>" in a text');
      at += run.length;
    }
  }
  const [unclosed] = open.slice(-1);
  if (unclosed !== undefined) throw new SyntaxError(`it ends inside <${show(unclosed)}>`);
  if (elements === 0) throw new SyntaxError('no root element');
  return untrustedText;
}

function markupReason(untrustedMarkup: string): string {
  if (/^<!DOCTYPE/i.test(untrustedMarkup)) return 'a DOCTYPE, which no Qubes file has';
  if (untrustedMarkup.startsWith('<?')) return 'a processing instruction, which no Qubes file has';
  return 'a malformed tag';
}

function show(untrustedName: string): string {
  return printable(untrustedName, 60);
}
