import { NeedsError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How much of an answer is shown that cannot be understood. */
const SHOWN = 80;

/** A reply that a daemon which speaks the Admin API would not have given. */
export function unreadable(method: string, untrusted: string): NeedsError {
  return new NeedsError(
    `Cannot understand the answer to ${method}: "${printable(untrusted, SHOWN)}"`,
  );
}

/** @throws NeedsError when it is no UTF-8 */
export function replyText(method: string, untrustedReply: Uint8Array): string {
  try {
    return UTF_8.decode(untrustedReply);
  } catch {
    throw new NeedsError(`The answer to ${method} is not UTF-8`);
  }
}

/** The lines of a reply, each of which ends with a line break; the last may lack it. */
export function replyLines(untrustedText: string): string[] {
  const lines = untrustedText.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * A reply that is a list of names, one a line: printable ASCII without spaces.
 * @throws NeedsError
 */
export function parseNames(method: string, untrustedText: string): readonly string[] {
  const lines = replyLines(untrustedText);
  const wrong = lines.find((line) => !/^[\x21-\x7e]+$/.test(line));
  if (wrong !== undefined) throw unreadable(method, wrong);
  return lines;
}

/** Python's `True` and `False`. @throws NeedsError */
export function parseTruth(method: string, untrusted: string): boolean {
  if (untrusted === 'True') return true;
  if (untrusted === 'False') return false;
  throw unreadable(method, untrusted);
}
