import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

import { pathBytes } from '../base/path-text.ts';

/** No policy file of a person is nearly as long; all of them are held in memory. */
const MAX_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/** A file that cannot be a policy file. */
export class PolicyTextError extends Error {
  /** From 1; 0 for the file as a whole. */
  readonly line: number;

  constructor(message: string, line = 0) {
    super(message);
    this.line = line;
  }
}

/**
 * The text of a policy file.
 * @throws PolicyTextError when it is too long or no UTF-8
 * @throws the error of the system call
 */
export function readPolicyText(path: string): string {
  const file = openSync(pathBytes(path), 'r');
  try {
    if (fstatSync(file).size > MAX_BYTES) {
      throw new PolicyTextError(`the file is longer than ${MAX_BYTES} bytes`);
    }
    return decode(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    throw new PolicyTextError('there is a byte that is no UTF-8', firstBadLine(bytes));
  }
  return bytes.toString('utf8');
}

function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let at = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, at);
    if (end < 0 || !isUtf8(bytes.subarray(at, end))) return line;
    at = end + 1;
  }
}
