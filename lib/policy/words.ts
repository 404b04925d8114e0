/*
 * White space and ends of lines as the reference takes them, which are those of Python's `str`: not
 * quite those of `\s` and `trim()`.
 */
const SPACE =
  '[\\t\\n\\v\\f\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SPACES = new RegExp(SPACE);
const ENDS = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** The lines of a file, without the white space around them. */
export function strippedLines(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/).map((line) => line.replace(ENDS, ''));
}

/** The words of a line. */
export function words(line: string): readonly string[] {
  return line.split(SPACES).filter(Boolean);
}
