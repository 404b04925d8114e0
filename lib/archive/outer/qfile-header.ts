/** Bytes of the header before each name in a qfile stream. */
export const QFILE_HEADER_BYTES = 32;

/** Bytes of a name with the NUL behind it; what the stock receiver takes (MAX_PATH_LENGTH - 1). */
export const MAX_QFILE_NAME_BYTES = 16383;

export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;

/**
 * The header of one entry of a qfile stream, the format of Qubes' file copy (`struct file_header`
 * of qrexec-lib): all numbers little-endian, no padding.
 *
 *     0 name length, with its NUL (0: end of the stream)   4 mode   8 size of the data (64 bit)
 *     16 access time, 20 its nanoseconds                  24 modification time, 28 its nanoseconds
 */
export interface QfileHeader {
  /** Bytes of the name with its NUL; 0 marks the end of the stream. */
  readonly nameLength: number;
  /** File type and permission bits, as in `st_mode`. */
  readonly mode: number;
  /** Bytes of data; from 2⁵³ on only roughly right. */
  readonly size: number;
  /** Seconds since 1970. Sent as access time too, as the stock sender does. */
  readonly mtime: number;
}

export const QFILE_END: QfileHeader = { nameLength: 0, mode: 0, size: 0, mtime: 0 };

export function encodeQfileHeader(header: QfileHeader): Uint8Array {
  const view = new DataView(new ArrayBuffer(QFILE_HEADER_BYTES));
  view.setUint32(0, header.nameLength, true);
  view.setUint32(4, header.mode, true);
  view.setBigUint64(8, BigInt(header.size), true);
  view.setUint32(16, header.mtime, true);
  view.setUint32(24, header.mtime, true);
  return new Uint8Array(view.buffer);
}

/** @param bytes exactly {@link QFILE_HEADER_BYTES} of them; any are a header */
export function decodeQfileHeader(bytes: Uint8Array): QfileHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, QFILE_HEADER_BYTES);
  return {
    nameLength: view.getUint32(0, true),
    mode: view.getUint32(4, true),
    size: Number(view.getBigUint64(8, true)),
    mtime: view.getUint32(24, true),
  };
}
