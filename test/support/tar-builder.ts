/** Fields of a tar header as they are written, for archives that no tar program would make. */
export interface RawTarHeader {
  readonly name: string;
  readonly size?: number;
  /** The twelve bytes of the size field, instead of `size` in octal. */
  readonly sizeField?: Uint8Array;
  readonly type?: string;
}

/** One ustar header block with a good checksum. */
export function tarHeader({ name, size = 0, sizeField, type = '0' }: RawTarHeader): Uint8Array {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000017\0', 136);
  if (sizeField !== undefined) block.set(sizeField, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A member: header, data, zeros up to the next block. */
export function tarMember(
  name: string,
  data: Uint8Array,
  fields: Partial<RawTarHeader> = {},
): Uint8Array {
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
  return Buffer.concat([tarHeader({ size: data.length, ...fields, name }), data, padding]);
}

/** A pax header for the member that follows. */
export function paxHeader(records: Record<string, string>): Uint8Array {
  const text = Object.entries(records)
    .map(([key, value]) => {
      const body = ` ${key}=${value}\n`;
      const guess = body.length + String(body.length).length;
      return `${body.length + String(guess).length}${body}`;
    })
    .join('');
  return tarMember('./PaxHeaders/x', Buffer.from(text), { type: 'x' });
}
