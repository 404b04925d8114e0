const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Where a byte that is no UTF-8 goes: U+DC80…U+DCFF, lone surrogates that valid UTF-8 never gives.
// Python does the same ("surrogateescape"), so that any file name survives being a string.
const ESCAPE = 0xdc00;

/**
 * A path or file name as text. Linux names are bytes; those that are not UTF-8 are kept as lone
 * surrogates, and {@link pathBytes} gives exactly the same bytes back.
 */
export function pathText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

/** The bytes of a path or file name made by {@link pathText} (or of any other string: UTF-8). */
export function pathBytes(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text);
  const parts = text.split(/(?<![\ud800-\udbff])([\udc80-\udcff])/);
  // Every second part is what the group caught: one escaped byte.
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - ESCAPE),
    ),
  );
}

function escaped(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = validCharacterLength(bytes, at);
    text +=
      length === 0
        ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0))
        : strictUtf8.decode(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return text;
}

function validCharacterLength(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      strictUtf8.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // not yet a whole character, or none
    }
  }
  return 0;
}
