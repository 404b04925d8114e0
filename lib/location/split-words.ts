import { UsageError } from '../base/errors.ts';

/** Characters that a shell would act on wherever they stand outside quotes. */
const SHELL_SPECIAL = new Set('|&;<>()$`*?[{');

/** Characters that a shell would act on at the beginning of a word. */
const SPECIAL_AT_START = new Set('~#');

/** Characters that keep their meaning inside double quotes. */
const SPECIAL_IN_DOUBLE_QUOTES = new Set('$`');

/** What a backslash inside double quotes takes the meaning from; before others it is itself. */
const ESCAPED_IN_DOUBLE_QUOTES = new Set('$`"\\');

/**
 * Splits a command line into words without a shell. The rules:
 *
 * - Words are separated by spaces and tabs.
 * - `'…'` is taken as it is. `"…"` too, but `\` before `"`, `\`, `$` and a backquote is dropped.
 *   Outside quotes `\` is dropped and the next character taken as it is.
 * - Nothing is expanded, ever. What a shell would act on — `|`, `&`, `;`, `<`, `>`, parentheses,
 *   `$`, a backquote, `*`, `?`, `[`, `{`, and `~` or `#` at the beginning of a word — is refused
 *   unless quoted, so that no command means something else here than on a command line.
 *
 * @returns the words, none for a line of white space
 * @throws UsageError for such a character, or a quote that is not closed
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const quoted = char === "'" ? singleQuoted(line, at + 1) : doubleQuoted(line, at + 1);
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      at++;
      if (at === line.length) throw new UsageError('The command ends with a backslash');
      word = (word ?? '') + line.charAt(at);
    } else {
      if (SHELL_SPECIAL.has(char) || (word === undefined && SPECIAL_AT_START.has(char))) {
        throw specialError(char);
      }
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A quoted part of a line, and where its closing quote is. */
interface Quoted {
  readonly text: string;
  readonly end: number;
}

function singleQuoted(line: string, start: number): Quoted {
  const end = line.indexOf("'", start);
  if (end === -1) throw new UsageError("A ' in the command is not closed");
  return { text: line.slice(start, end), end };
}

function doubleQuoted(line: string, start: number): Quoted {
  let text = '';
  for (let at = start; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '"') return { text, end: at };
    if (SPECIAL_IN_DOUBLE_QUOTES.has(char)) throw specialError(char);
    if (char === '\\' && ESCAPED_IN_DOUBLE_QUOTES.has(line.charAt(at + 1))) at++;
    text += line.charAt(at);
  }
  throw new UsageError('A " in the command is not closed');
}

function specialError(char: string): UsageError {
  return new UsageError(
    `A shell would act on the ${char} in the command, but none is used: ` +
      `quote it, or put the command in sh -c '...'`,
  );
}
