import { readFile, writeFile } from 'node:fs/promises';
import type { NamedBytes } from './sealed-file.ts';
import { mendChecksum, padded, tarMember, type TarMemberSpec } from './tar-member.ts';

const BLOCK = 512;
/** What Qubes pads each member to, being one run of `tar` each. */
const RECORD = 10240;

/** One member of an outer archive with all bytes that belong to it: pax header, header, padding. */
export interface ArchiveMember {
  readonly name: string;
  readonly raw: Uint8Array;
  /** Where in `raw` the member's own header is (512 bytes). */
  readonly headerAt: number;
  readonly dataAt: number;
  readonly size: number;
}

/** Takes an archive that Qubes or `makeBackup` made apart; joined, the members are the archive. */
export async function readMembers(path: string): Promise<ArchiveMember[]> {
  return splitArchive(await readFile(path));
}

/** Writes members one after another, with nothing between or after them. */
export async function writeMembers(path: string, members: readonly ArchiveMember[]): Promise<void> {
  await writeFile(path, joined(members));
}

export function joined(members: readonly ArchiveMember[]): Uint8Array {
  return Buffer.concat(members.map(({ raw }) => raw));
}

export function splitArchive(archive: Uint8Array): ArchiveMember[] {
  const members: ArchiveMember[] = [];
  for (let start = 0; start < archive.length;) {
    const pax = archive[start + 156] === 0x78;
    const headerAt = pax ? BLOCK + roundUp(sizeIn(archive, start)) : 0;
    const size = sizeIn(archive, start + headerAt);
    const dataAt = headerAt + BLOCK;
    let end = start + dataAt + roundUp(size);
    while (end < archive.length && archive[end] === 0) end += BLOCK;
    const raw = archive.subarray(start, end);
    members.push({ name: textAt(raw, headerAt, 100), raw, headerAt, dataAt, size });
    start = end;
  }
  return members;
}

/** A member made from scratch, padded as Qubes pads. */
export function hostileMember(spec: TarMemberSpec): ArchiveMember {
  const raw = padded(tarMember(spec), RECORD);
  const headerAt = raw[156] === 0x78 ? BLOCK + roundUp(sizeIn(raw, 0)) : 0;
  const size = spec.data?.length ?? 0;
  return { name: spec.name, raw, headerAt, dataAt: headerAt + BLOCK, size };
}

/** An honest member from a name and its content. */
export function memberOf({ name, data }: NamedBytes): ArchiveMember {
  return hostileMember({ name, data });
}

export function dataOf({ raw, dataAt, size }: ArchiveMember): Uint8Array {
  return raw.subarray(dataAt, dataAt + size);
}

/** The same member under another name (at most 100 bytes). */
export function renamed(member: ArchiveMember, name: string): ArchiveMember {
  const raw = Uint8Array.from(member.raw);
  const header = raw.subarray(member.headerAt, member.headerAt + BLOCK);
  header.fill(0, 0, 100);
  header.set(Buffer.from(name));
  mendChecksum(header);
  return { ...member, name, raw };
}

function sizeIn(bytes: Uint8Array, header: number): number {
  return parseInt(textAt(bytes, header + 124, 12), 8);
}

function textAt(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString();
}

function roundUp(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
