import { ProtocolError } from '../base/admin-error.ts';

const MAX_SIZE = 256_000;

/**
 * Letters, digits, punctuation, mathematical and currency signs of scripts that are drawn without
 * much ado and from left to right: what `qubes_pure_code_point_safe_for_display` of
 * qubes-linux-utils allows. Unassigned code points are in none of these sets.
 */
const SAFE =
  /^[\t\n\x20-\x7e]$|^(?=[\p{L}\p{N}\p{P}\p{Sm}\p{Sc}])[\p{Script=Common}\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]$/u;

/** Signs common to several scripts, but written from right to left. */
const RIGHT_TO_LEFT = /[\u061b\u061f\u0640\u{1ec70}-\u{1ecbf}\u{1ed00}-\u{1ed4f}]/u;

/**
 * The notes of a qube as they are kept: what might not be safe to show becomes `_`.
 * @throws ProtocolError when they are too long or no UTF-8
 */
export function cleanNotes(untrusted: Uint8Array): string {
  if (untrusted.length > MAX_SIZE) {
    throw new ProtocolError(
      `Maximum note size is ${MAX_SIZE} bytes (${untrusted.length} bytes received)`,
    );
  }
  return decode(untrusted).replace(/[^]/gu, (one) => (isSafe(one) ? one : '_'));
}

function isSafe(codePoint: string): boolean {
  return SAFE.test(codePoint) && !RIGHT_TO_LEFT.test(codePoint);
}

function decode(untrusted: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(untrusted);
  } catch (error) {
    throw new ProtocolError('Unable to sanitise qube notes: not valid UTF-8', { cause: error });
  }
}
