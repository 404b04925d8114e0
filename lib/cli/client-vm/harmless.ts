const UNDERSCORE = 0x5f;

/** Control characters that move no more than the cursor: bell to line feed, carriage return. */
const HARMLESS = new Set([0x07, 0x08, 0x09, 0x0a, 0x0d]);

/** What a terminal can be given, byte by byte: printable ASCII and a few others; `_` for the rest. */
export function harmless(untrusted: Uint8Array): Uint8Array {
  return untrusted.map((byte) =>
    (byte >= 0x20 && byte <= 0x7e) || HARMLESS.has(byte) ? byte : UNDERSCORE,
  );
}
