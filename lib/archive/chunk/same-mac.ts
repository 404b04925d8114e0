import { timingSafeEqual } from 'node:crypto';

/** Whether two MACs are equal; how long it takes does not tell where they differ. */
export function isSameMac(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
