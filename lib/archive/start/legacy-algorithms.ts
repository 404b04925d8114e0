/** A cipher of backup formats 2 and 3, as `openssl enc` and `node:crypto` know it. Sizes in bytes. */
export interface LegacyCipher {
  readonly name: string;
  readonly keyLength: number;
  readonly ivLength: number;
}

const CIPHERS: readonly LegacyCipher[] = [
  { name: 'aes-256-cbc', keyLength: 32, ivLength: 16 },
  { name: 'aes-192-cbc', keyLength: 24, ivLength: 16 },
  { name: 'aes-128-cbc', keyLength: 16, ivLength: 16 },
  { name: 'camellia-256-cbc', keyLength: 32, ivLength: 16 },
  { name: 'camellia-128-cbc', keyLength: 16, ivLength: 16 },
  { name: 'des-ede3-cbc', keyLength: 24, ivLength: 8 },
];

/** Digests of formats 2 and 3, in Node's spelling. */
export const LEGACY_DIGESTS = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

/** A digest that may stand behind `hmac-algorithm` of formats 2 and 3, in Node's spelling. */
export type LegacyDigest = (typeof LEGACY_DIGESTS)[number];

/** The cipher a header names (`crypto-algorithm`, case does not count), or undefined. */
export function legacyCipher(untrustedName: string): LegacyCipher | undefined {
  return CIPHERS.find(({ name }) => name === untrustedName.toLowerCase());
}

/** The digest a header names (`hmac-algorithm`, case does not count), or undefined. */
export function legacyDigest(untrustedName: string): LegacyDigest | undefined {
  return LEGACY_DIGESTS.find((name) => name === untrustedName.toLowerCase());
}
