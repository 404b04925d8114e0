import { adminErrorFrom, ProtocolError } from '../base/admin-error.ts';
import type { AdminError } from '../base/admin-error.ts';
import { NeedsError, NoAnswerError } from '../base/errors.ts';

/** Most bytes of a request, header and payload together, that a daemon takes. */
export const MAX_REQUEST_BYTES = 65_536;

const NUL = 0;
const KIND_OK = 0x30;
const KIND_ERROR = 0x32;
/** A kind and the NUL behind it. */
const KIND_BYTES = 2;

/** What stands before the payload of a request. */
export interface RequestHeader {
  /** RPC name: `admin.vm.List`. */
  readonly method: string;
  /** What follows the `+`; empty for none. */
  readonly argument: string;
  /** Name of the qube that calls, or `uuid:` and its UUID. */
  readonly source: string;
  /** Likewise the qube that is called. */
  readonly destination: string;
}

/** A request whose header has the right form; nothing it names is known to exist. */
export interface Request extends RequestHeader {
  readonly untrustedPayload: Uint8Array;
}

/**
 * A request as daemons read it from their socket: `METHOD+ARGUMENT SOURCE name DESTINATION`, NUL,
 * payload. After it the client ends its half of the connection.
 * @throws ProtocolError when a part of the header cannot be carried, or all is too long
 */
export function requestFrame(
  header: RequestHeader,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const { method, argument, source, destination } = header;
  if (method.includes('+')) throw new ProtocolError('Invalid character in the method of the call');
  for (const part of ['method', 'argument', 'source', 'destination'] as const) {
    const isCarried = /^[\x21-\x7e]*$/.test(header[part]);
    if (!isCarried) throw new ProtocolError(`Invalid character in the ${part} of the call`);
  }
  const head = Buffer.from(`${method}+${argument} ${source} name ${destination}\0`, 'latin1');
  if (head.length + payload.length > MAX_REQUEST_BYTES) throw requestTooLong();
  return payload.length === 0 ? head : Buffer.concat([head, payload]);
}

/** What a daemon answers to more than `MAX_REQUEST_BYTES`. */
export function requestTooLong(): ProtocolError {
  return new ProtocolError(`request too long: more than ${MAX_REQUEST_BYTES} bytes`);
}

/**
 * Takes a request apart. Like the reference it lets the last word of the header run to its end,
 * and knows one target that is not a name: `keyword adminvm`, which is dom0.
 * @throws ProtocolError
 */
export function parseRequest(untrusted: Buffer): Request {
  const end = untrusted.indexOf(NUL);
  if (end < 0) throw new ProtocolError('framing error: no end of the header');
  const header = untrusted.toString('latin1', 0, end);
  if (/[\x80-\xff]/.test(header)) throw new ProtocolError('framing error: header is not ASCII');
  const first = header.indexOf(' ');
  const second = header.indexOf(' ', first + 1);
  const third = header.indexOf(' ', second + 1);
  if (first < 0 || second <= first || third <= second) {
    throw new ProtocolError('framing error: header has less than four words');
  }
  const type = header.slice(second + 1, third);
  const plus = header.indexOf('+');
  const hasArgument = plus >= 0 && plus < first;
  return {
    method: header.slice(0, hasArgument ? plus : first),
    argument: hasArgument ? header.slice(plus + 1, first) : '',
    source: header.slice(first + 1, second),
    destination: destinationOf(type, header.slice(third + 1)),
    untrustedPayload: untrusted.subarray(end + 1),
  };
}

function destinationOf(type: string, target: string): string {
  if (type === 'name') return target;
  if (type === 'keyword' && target === 'adminvm') return 'dom0';
  throw new ProtocolError('framing error: only a destination by name is supported');
}

/** `0`, NUL, the answer. */
export function okFrame(content: string | Uint8Array = ''): Buffer {
  if (typeof content === 'string') return Buffer.from(`0\0${content}`);
  const frame = Buffer.allocUnsafe(KIND_BYTES + content.length);
  frame[0] = KIND_OK;
  frame[1] = 0;
  frame.set(content, KIND_BYTES);
  return frame;
}

/** `2`, then each with a NUL behind: class of the error, traceback (never told), message. */
export function errorFrame(error: AdminError): Buffer {
  return Buffer.from(`2\0${error.wireName}\0\0${error.message.replaceAll('\0', '_')}\0`);
}

/**
 * The answer inside a complete reply. Untrusted.
 * @throws AdminError that the daemon answered with
 * @throws NeedsError when it answered nothing, or something that is no reply
 */
export function parseReply(untrusted: Uint8Array): Uint8Array {
  if (untrusted.length === 0) {
    throw new NoAnswerError(
      'The daemon answered nothing: it refused the request, or failed at it. Its log says why',
    );
  }
  if (untrusted[1] === NUL) {
    if (untrusted[0] === KIND_OK) return untrusted.subarray(KIND_BYTES);
    if (untrusted[0] === KIND_ERROR) throw parseError(untrusted);
  }
  throw new NeedsError('The daemon answered something that is no reply of the Admin API');
}

/**
 * The error inside a complete error frame, `2` and NUL before it.
 * @throws NeedsError when it is cut off
 */
export function parseError(untrusted: Uint8Array): AdminError {
  const [, wireName, , message, rest] = new TextDecoder().decode(untrusted).split('\0');
  if (wireName === undefined || message === undefined || rest === undefined) {
    throw new NeedsError('The daemon answered with an error that is cut off');
  }
  return adminErrorFrom(wireName, message);
}
