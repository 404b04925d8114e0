const BLOCK = 512;
const NAME_SPACE = 100;

/** A member of a tar archive, as hostile as one likes: nothing is checked. */
export interface TarMemberSpec {
  readonly name: string;
  readonly data?: Uint8Array;
  /** `0` file (unless told), `1` link, `2` symbolic link, `3` `4` devices, `5` folder, `6` fifo… */
  readonly type?: string;
  readonly linkName?: string;
  /** What the header says about the size; that of `data` unless told. */
  readonly claimedSize?: number;
  /** Records of a pax header before the member, such as `GNU.sparse.realsize`. */
  readonly pax?: Readonly<Record<string, string>>;
  /** Last change to the header, before its checksum is made. */
  readonly header?: (header: Uint8Array) => void;
}

/** Header, data and padding of one member; a name of more than 100 bytes goes into a pax header. */
export function tarMember(spec: TarMemberSpec): Uint8Array {
  const data = spec.data ?? new Uint8Array(0);
  const long = Buffer.byteLength(spec.name) > NAME_SPACE;
  const records = { ...(long ? { path: spec.name } : {}), ...spec.pax };
  const header = tarHeader(spec, spec.claimedSize ?? data.length);
  const member = Buffer.concat([header, padded(data)]);
  if (Object.keys(records).length === 0) return member;
  const text = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  const paxHeader = tarHeader({ name: './PaxHeaders/member', type: 'x' }, text.length);
  return Buffer.concat([paxHeader, padded(text), member]);
}

/** A whole archive: the members, then two blocks of zeros. */
export function tarArchive(...members: readonly TarMemberSpec[]): Uint8Array {
  return Buffer.concat([...members.map(tarMember), new Uint8Array(2 * BLOCK)]);
}

/** Makes the checksum of a changed header right again. */
export function mendChecksum(header: Uint8Array): void {
  header.fill(0x20, 148, 156);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
}

/** Fills with zeros up to a multiple of `to` bytes. */
export function padded(data: Uint8Array, to = BLOCK): Uint8Array {
  const result = new Uint8Array(Math.ceil(data.length / to) * to);
  result.set(data);
  return result;
}

function tarHeader(spec: TarMemberSpec, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  header.write(spec.name, 0, NAME_SPACE);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(spec.type ?? '0', 156);
  header.write(spec.linkName ?? '', 157, NAME_SPACE);
  header.write('ustar\x0000', 257);
  spec.header?.(header);
  mendChecksum(header);
  return header;
}

function paxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  // The length counts its own digits.
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return Buffer.concat([Buffer.from(`${length}`), rest]);
}
