/**
 * The file format of the `scrypt` program, version 0: what every encrypted member of a format 4
 * backup is, and its `backup-header.hmac`. Layout (FORMAT file of scrypt):
 *
 *     0  "scrypt" 0 logN        48  first 16 bytes of SHA-256 over bytes 0–47
 *     8  r, 32-bit big-endian   64  HMAC-SHA256 over bytes 0–63
 *    12  p, 32-bit big-endian   96  data, AES-256-CTR from counter 0
 *    16  salt                   end HMAC-SHA256 over everything before it
 *
 * scrypt(passphrase, salt) gives 64 bytes: the cipher key, then the key of both HMACs.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type Decipher,
  timingSafeEqual,
} from 'node:crypto';

export const SCRYPT_HEAD = 96;
export const SCRYPT_MAC = 32;
/** What the container adds to its content. */
export const SCRYPT_OVERHEAD = SCRYPT_HEAD + SCRYPT_MAC;

const MAGIC = Buffer.from('scrypt\0');
const CHECKED = 48;
const SIGNED = 64;

/** What a derivation costs and is bound to; straight from the container, bounded by nobody yet. */
export interface ScryptParameters {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
}

/** Keys of one container, as derived. */
export interface ScryptKeys {
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
}

/** Why a container's head cannot be believed. */
export type HeadFault = 'cut off' | 'not a scrypt container' | 'checksum';

/**
 * The parameters in a container's first 96 bytes. The checksum tells accidents from bad
 * passphrases before a derivation is paid; it proves nothing.
 */
export function parseScryptHead(untrustedHead: Uint8Array): ScryptParameters | HeadFault {
  if (untrustedHead.length < SCRYPT_HEAD) return 'cut off';
  const head = Buffer.from(untrustedHead.buffer, untrustedHead.byteOffset, SCRYPT_HEAD);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return 'not a scrypt container';
  const checksum = createHash('sha256').update(head.subarray(0, CHECKED)).digest();
  if (!checksum.subarray(0, 16).equals(head.subarray(CHECKED, SIGNED))) return 'checksum';
  return {
    logN: head.readUInt8(7),
    r: head.readUInt32BE(8),
    p: head.readUInt32BE(12),
    salt: Uint8Array.from(head.subarray(16, CHECKED)),
  };
}

/** Bytes of memory one derivation takes: 128·N·r, unless a hostile p asks for more blocks than N. */
export function scryptMemory({ logN, r, p }: ScryptParameters): number {
  return 128 * r * Math.max(2 ** logN, p);
}

/** Work of one derivation, as the `scrypt` program counts it: N·r·p. */
export function scryptCost({ logN, r, p }: ScryptParameters): number {
  return 2 ** logN * r * p;
}

/** Splits the 64 derived bytes. */
export function scryptKeys(derived: Uint8Array): ScryptKeys {
  return { cipherKey: derived.subarray(0, 32), macKey: derived.subarray(32, 64) };
}

/** True if the head was signed with this key: the passphrase and the member's name are right. */
export function isHeadGenuine(head: Uint8Array, { macKey }: ScryptKeys): boolean {
  const mac = createHmac('sha256', macKey).update(head.subarray(0, SIGNED)).digest();
  return timingSafeEqual(mac, head.subarray(SIGNED, SCRYPT_HEAD));
}

/** The HMAC over a whole container; feed it everything but the last 32 bytes. */
export function bodyMac({ macKey }: ScryptKeys): ReturnType<typeof createHmac> {
  return createHmac('sha256', macKey);
}

/** The cipher of a container's data. */
export function bodyDecipher({ cipherKey }: ScryptKeys): Decipher {
  return createDecipheriv('aes-256-ctr', cipherKey, Buffer.alloc(16));
}

/**
 * Seals content in memory into a container.
 * @param derived the 64 bytes that scrypt gives for the passphrase and these parameters
 */
export function sealScrypt(
  content: Uint8Array,
  parameters: ScryptParameters,
  derived: Uint8Array,
): Uint8Array {
  const keys = scryptKeys(derived);
  const head = Buffer.alloc(SCRYPT_HEAD);
  MAGIC.copy(head);
  head.writeUInt8(parameters.logN, 7);
  head.writeUInt32BE(parameters.r, 8);
  head.writeUInt32BE(parameters.p, 12);
  head.set(parameters.salt, 16);
  createHash('sha256').update(head.subarray(0, CHECKED)).digest().copy(head, CHECKED, 0, 16);
  createHmac('sha256', keys.macKey).update(head.subarray(0, SIGNED)).digest().copy(head, SIGNED);
  const cipher = createCipheriv('aes-256-ctr', keys.cipherKey, Buffer.alloc(16));
  const body = Buffer.concat([head, cipher.update(content), cipher.final()]);
  return Buffer.concat([body, createHmac('sha256', keys.macKey).update(body).digest()]);
}
