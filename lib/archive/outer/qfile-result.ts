import { getSystemErrorMap } from 'node:util';

import type { ByteReader } from '../../base/byte-reader.ts';
import { CancelledError, DamagedError, NeedsError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { MAX_QFILE_NAME_BYTES } from './qfile-header.ts';

const RESULT_BYTES = 16;

/** EDQUOT: the receiver has got what it wanted, or as much as it is willing to take. */
export const QFILE_ENOUGH = 122;

const EEXIST = 17;
const EINVAL = 22;
const ENOLINK = 67;
const EILSEQ = 84;

/** Sent by a receiver whose stream ended too early (LEGAL_EOF of qrexec-lib). */
const ENDED_EARLY = 31415926;

/**
 * What the receiver of a qfile stream answers (`struct result_header` of qrexec-lib), little-endian:
 * error code and 4 zero bytes, CRC-32 of all it has read as 64 bit; then, not from old receivers,
 * 32-bit length and bytes of the last name.
 */
export interface QfileResult {
  /** 0 or an `errno` of Linux. */
  readonly errorCode: number;
  readonly crc: number;
  readonly untrustedLastName: string;
}

export function encodeQfileResult(
  errorCode: number,
  crc: number,
  lastName: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(RESULT_BYTES + 4 + lastName.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, errorCode, true);
  view.setUint32(8, crc, true);
  view.setUint32(RESULT_BYTES, lastName.length, true);
  bytes.set(lastName, RESULT_BYTES + 4);
  return bytes;
}

/**
 * Reads the receiver's answer.
 * @returns undefined when the source ends before a whole result header
 */
export async function readQfileResult(source: ByteReader): Promise<QfileResult | undefined> {
  const header = await source.upTo(RESULT_BYTES);
  if (header.length < RESULT_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, RESULT_BYTES);
  const upper = view.getUint32(12, true);
  return {
    errorCode: view.getUint32(0, true),
    crc: upper === 0 ? view.getUint32(8, true) : NaN,
    untrustedLastName: await readLastName(source),
  };
}

async function readLastName(source: ByteReader): Promise<string> {
  const length = await source.upTo(4);
  if (length.length < 4) return '';
  const wanted = new DataView(length.buffer, length.byteOffset, 4).getUint32(0, true);
  const name = await source.upTo(Math.min(wanted, MAX_QFILE_NAME_BYTES));
  return new TextDecoder().decode(name);
}

/**
 * Judges the receiver's answer. That it has enough counts as success, and then the checksum means
 * nothing: it stopped somewhere in the middle.
 * @param sentCrc CRC-32 of all that was sent
 * @throws CancelledError when there is no answer or the receiver was cut off
 * @throws NeedsError when it could not store the data
 * @throws DamagedError when something else arrived than was sent
 */
export function judgeQfileResult(result: QfileResult | undefined, sentCrc: number): void {
  if (result === undefined) {
    throw new CancelledError('The receiver went away without saying whether it got everything');
  }
  const { errorCode, untrustedLastName } = result;
  if (errorCode === QFILE_ENOUGH) return;
  const name = printable(untrustedLastName);
  const lastFile = name === '' ? '' : `; last file: ${name}`;
  switch (errorCode) {
    case 0:
      if (result.crc === sentCrc) return;
      throw new DamagedError('File transfer failed: checksum mismatch');
    case EEXIST:
      throw new NeedsError(`The receiver already has a file named "${name}"`);
    case EINVAL:
      throw new DamagedError(`The receiver got corrupted data${lastFile}`);
    case EILSEQ:
      throw new DamagedError(`The receiver refuses a character in a file name like "${name}"`);
    case ENOLINK:
      throw new DamagedError(`The receiver refuses the link "${name}"`);
    case ENDED_EARLY:
      throw new CancelledError(`The receiver saw the data end too early${lastFile}`);
    default:
      throw new NeedsError(`The receiver failed: ${systemErrorText(errorCode)}${lastFile}`);
  }
}

function systemErrorText(code: number): string {
  return getSystemErrorMap().get(-code)?.[1] ?? `error ${code}`;
}
