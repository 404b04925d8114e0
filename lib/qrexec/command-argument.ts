import { UsageError } from '../base/errors.ts';

/** What stands for itself in the argument of `qubes.VMExec`. */
const PLAIN = /^[a-zA-Z0-9._]$/;

/** One word as it is encoded. */
const WORD = /^(?:[a-zA-Z0-9._]|--|-[0-9A-F]{2})*$/;

/**
 * A program and its arguments as the argument of `qubes.VMExec`, in the encoding of Qubes' agent: a
 * `+` between words, `--` for a minus, and `-HH` with the byte in hexadecimal for whatever else qrexec
 * does not carry.
 */
export function encodeCommand(words: readonly string[]): string {
  return words.map(encodeWord).join('+');
}

/**
 * The words of a command out of such an argument.
 * @throws UsageError when it is not encoded so, or holds what is no UTF-8 or a NUL
 */
export function decodeCommand(untrustedArgument: string): readonly string[] {
  return untrustedArgument.split('+').map(decodeWord);
}

function encodeWord(word: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(word)) {
    const character = String.fromCharCode(byte);
    if (PLAIN.test(character)) encoded += character;
    else if (character === '-') encoded += '--';
    else encoded += `-${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function decodeWord(untrustedWord: string): string {
  if (!WORD.test(untrustedWord)) {
    throw new UsageError('The command is not encoded as qubes.VMExec takes it');
  }
  const escaped = untrustedWord.replaceAll(/--|-(..)/g, (_, hex: string | undefined) =>
    hex === undefined ? '-' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const bytes = Buffer.from(escaped, 'latin1');
  if (bytes.includes(0)) throw new UsageError('A word of the command holds a NUL');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError('A word of the command is not UTF-8 text');
  }
}
