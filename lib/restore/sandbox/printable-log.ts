const TAB = 0x09;
const LINE_FEED = 0x0a;
const FIRST = 0x20;
const LAST = 0x7e;
const INSTEAD = 0x5f;

/**
 * What came out of the disposable, made safe for a terminal: printable ASCII, tabs and line feeds as
 * they are, every other byte as `_`. Each byte is judged for itself, so it may come in any pieces.
 */
export function printableLog(untrusted: Uint8Array): string {
  const safe = untrusted.map((byte) =>
    (byte >= FIRST && byte <= LAST) || byte === TAB || byte === LINE_FEED ? byte : INSTEAD,
  );
  return Buffer.from(safe).toString('latin1');
}
