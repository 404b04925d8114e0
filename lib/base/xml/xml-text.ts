const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

const REFERENCE = '&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]{2,4}));';
const REFERENCES = new RegExp(REFERENCE, 'g');
const STRAY = new RegExp(`(?!${REFERENCE})&`);
type Groups = (string | undefined)[];

/**
 * Replaces the references in a piece of XML text (`&lt;`, `&#10;`, `&#x1F600;`) by what they stand
 * for, once: `&amp;lt;` gives `&lt;`. There are no others without a DOCTYPE.
 * @throws SyntaxError on any other use of `&`
 */
export function decodeXmlText(untrusted: string): string {
  if (!untrusted.includes('&')) return untrusted;
  if (STRAY.test(untrusted)) throw new SyntaxError('a stray "&"');
  return untrusted.replace(REFERENCES, (_, ...[decimal, hexadecimal, name]: Groups) => {
    const decoded =
      name === undefined
        ? character(decimal === undefined ? parseInt(hexadecimal ?? '', 16) : Number(decimal))
        : NAMED[name];
    if (decoded === undefined) throw new SyntaxError('a reference to an unknown entity');
    return decoded;
  });
}

/** An attribute's value: as text, and white space that is not written as a reference is a blank. */
export function decodeXmlAttribute(untrusted: string): string {
  return decodeXmlText(untrusted.replace(/[\t\n]/g, ' '));
}

function character(code: number): string | undefined {
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : undefined;
}
