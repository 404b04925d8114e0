/** The text of untrusted bytes, undefined unless all are ASCII. Control characters are, too. */
export function decodeAscii(untrusted: Uint8Array): string | undefined {
  const { buffer, byteOffset, byteLength } = untrusted;
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
  return /[\x80-\xff]/.test(text) ? undefined : text;
}
