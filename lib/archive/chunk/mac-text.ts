const FORM = /^(?:[A-Za-z0-9-]{1,32})?\(stdin\)= ((?:[0-9a-f]{2}){1,64})\n?$/;

/**
 * Reads the MAC out of what `openssl dgst -hmac` printed when the backup was made: `(stdin)= HEX`,
 * in later versions `SHA2-512(stdin)= HEX` or `HMAC-SHA512(stdin)= HEX`.
 * @returns undefined for anything else
 */
export function parseMacText(untrusted: Uint8Array): Uint8Array | undefined {
  const hex = FORM.exec(Buffer.from(untrusted).toString('latin1'))?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}
