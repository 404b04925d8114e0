import { dataOf, memberOf, type ArchiveMember } from './archive-member.ts';
import { SCRYPT_HEADER, SCRYPT_MAC } from './scrypt-container.ts';
import { sealChunk, type Seal } from './sealed-file.ts';
import { mendChecksum } from './tar-member.ts';

type Members = readonly ArchiveMember[];

/** A place in a member, each guarded by another check of a reader. */
export type MemberPart =
  | 'name'
  | 'tar-header'
  | 'magic'
  | 'version'
  | 'params'
  | 'salt'
  | 'checksum'
  | 'header-mac'
  | 'body'
  | 'mac';

/** Parts of a scrypt container: first byte, and bytes in it (the body's from the member's size). */
const CONTAINER: Record<
  Exclude<MemberPart, 'name' | 'tar-header' | 'body' | 'mac'>,
  [number, number]
> = {
  magic: [0, 6],
  version: [6, 1],
  params: [7, 9],
  salt: [16, 32],
  checksum: [48, 16],
  'header-mac': [64, 32],
};

/**
 * Changes one bit in that part of a member. `at` chooses the byte in the part. A changed `name` is a
 * sound tar header with another name; `tar-header` is one with a wrong checksum.
 */
export function flipped(member: ArchiveMember, part: MemberPart, at = 0): ArchiveMember {
  const [start, length] = rangeOf(member, part);
  if (length === 0) throw new Error(`${member.name} has no ${part}`);
  const raw = Uint8Array.from(member.raw);
  const position = start + (at % length);
  raw[position] = (raw[position] ?? 0) ^ 1;
  if (part !== 'name') return { ...member, raw };
  const header = raw.subarray(member.headerAt, member.dataAt);
  mendChecksum(header);
  return { ...member, name: Buffer.from(header.subarray(0, length)).toString('latin1'), raw };
}

/** The member of that name. */
export function memberNamed(members: Members, name: string): ArchiveMember {
  const found = members.find((member) => member.name === name);
  if (found === undefined) {
    throw new Error(`No ${name} among ${members.map((member) => member.name).join(', ')}`);
  }
  return found;
}

/**
 * Puts what `change` returns in the place of the member of that name: nothing drops it, `[m, m]`
 * repeats it, `[m, other]` inserts one behind it.
 */
export function changed(
  members: Members,
  name: string,
  change: (member: ArchiveMember) => Members,
): ArchiveMember[] {
  const member = memberNamed(members, name);
  return members.flatMap((other) => (other === member ? change(member) : [other]));
}

/** Two members change places: the order is wrong, names and contents still belong together. */
export function placesSwapped(members: Members, one: string, other: string): ArchiveMember[] {
  const [a, b] = [memberNamed(members, one), memberNamed(members, other)];
  return members.map((member) => (member === a ? b : member === b ? a : member));
}

/** Two members change contents: the order looks right, but each holds the other's data. */
export function contentsSwapped(members: Members, one: string, other: string): ArchiveMember[] {
  const [a, b] = [memberNamed(members, one), memberNamed(members, other)];
  return members.map((member) => {
    if (member !== a && member !== b) return member;
    return memberOf({ name: member.name, data: dataOf(member === a ? b : a) });
  });
}

/**
 * A chunk with other content, sealed under its own name with the right passphrase: a reader has to
 * believe it, so that hostile gzip, tar or XML gets as far as it can.
 * @param by `seal` of the backup that `makeBackup` made
 */
export async function resealed(
  member: ArchiveMember,
  plain: Uint8Array,
  by: Seal,
): Promise<ArchiveMember> {
  return memberOf(await sealChunk(member.name.replace(/\.enc$/, ''), plain, by));
}

/** A place at which the structure of an archive changes, where cutting it off tests another case. */
export interface Boundary {
  readonly offset: number;
  readonly what: string;
}

/** All such places of an archive, its very end not included. */
export function boundaries(members: Members): Boundary[] {
  const found: Boundary[] = [];
  let start = 0;
  for (const { name, raw, headerAt, dataAt, size } of members) {
    const inside: [number, string][] = [
      [0, 'before'],
      [headerAt === 0 ? 0 : 512, 'in the pax data of'],
      [headerAt, 'before the header of'],
      [headerAt + 256, 'in the header of'],
      [dataAt, 'before the data of'],
      [dataAt + Math.min(SCRYPT_HEADER, size), 'after the key header of'],
      [dataAt + Math.max(0, size - SCRYPT_MAC), 'before the MAC of'],
      [dataAt + Math.max(0, size - 1), 'before the last byte of'],
      [dataAt + size, 'after the data of'],
      [Math.min(dataAt + Math.ceil(size / 512) * 512, raw.length), 'in the padding of'],
    ];
    found.push(...inside.map(([at, what]) => ({ offset: start + at, what: `${what} ${name}` })));
    start += raw.length;
  }
  const distinct = new Map(found.map((boundary) => [boundary.offset, boundary]));
  return [...distinct.values()].filter(({ offset }) => offset < start);
}

function rangeOf({ dataAt, headerAt, size, name }: ArchiveMember, part: MemberPart) {
  if (part === 'name') return [headerAt, Buffer.byteLength(name)] as const;
  if (part === 'tar-header') return [headerAt + 108, 8] as const;
  if (part === 'mac') return [dataAt + size - SCRYPT_MAC, SCRYPT_MAC] as const;
  if (part === 'body') {
    return [dataAt + SCRYPT_HEADER, size - SCRYPT_HEADER - SCRYPT_MAC] as const;
  }
  const [start, length] = CONTAINER[part];
  return [dataAt + start, length] as const;
}
