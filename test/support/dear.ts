import { createHash } from 'node:crypto';
import { type ArchiveMember, dataOf, memberOf } from './archive-member.ts';
import type { Kdf } from './scrypt-container.ts';

/**
 * A sealed member that asks for another cost of its key, with the right checksum: a reader cannot
 * know it for a lie before it has paid.
 */
export function dear(member: ArchiveMember, { logN, r, p }: Kdf): ArchiveMember {
  const data = Buffer.from(dataOf(member));
  data.writeUInt8(logN, 7);
  data.writeUInt32BE(r, 8);
  data.writeUInt32BE(p, 12);
  createHash('sha256').update(data.subarray(0, 48)).digest().copy(data, 48, 0, 16);
  return memberOf({ name: member.name, data });
}
