import { NeedsError } from '../base/errors.ts';
import { pythonStr } from '../base/python-text.ts';
import type { EventPayload } from '../model/events.ts';
import { parseError } from './frames.ts';

/** Most bytes of one event that a client takes: a value is never longer than a request. */
const MAX_EVENT_BYTES = 1024 * 1024;

const NUL = 0;
const KIND_EVENT = 0x31;
const KIND_ERROR = 0x32;
const KIND_BYTES = 2;

/** An event as a client gets it. Its texts are untrusted. */
export interface AdminEvent {
  /** Name of the qube; empty for the system. */
  readonly subject: string;
  /** `property-set:memory`. */
  readonly event: string;
  readonly payload: ReadonlyMap<string, string>;
}

/**
 * What was last made of a payload: all who listen are sent the same bytes, so that an event waits in
 * memory once, however many do not read it.
 */
const lastFrames = new WeakMap<
  EventPayload,
  { readonly subject: string; readonly event: string; readonly frame: Buffer }
>();

/**
 * An event on the wire: `1`, then each with a NUL behind: subject, event, keys and values by turns;
 * an empty key ends it. The model holds no text with a NUL in it.
 * @param subject name of the qube; empty for the system
 */
export function eventFrame(subject: string, event: string, payload: EventPayload): Buffer {
  const last = lastFrames.get(payload);
  if (last?.subject === subject && last.event === event) return last.frame;
  let text = `1\0${subject}\0${event}\0`;
  for (const key in payload) text += `${key}\0${pythonStr(payload[key])}\0`;
  const frame = Buffer.from(`${text}\0`);
  lastFrames.set(payload, { subject, event, frame });
  return frame;
}

/** Reads a stream of events in whatever pieces it comes. */
export class EventReader {
  #untrusted: Buffer = Buffer.alloc(0);

  /**
   * Takes the next piece of the stream.
   * @returns the events that are complete with it
   * @throws AdminError that the daemon ended the stream with
   * @throws NeedsError when this is no stream of events
   */
  *push(untrustedBytes: Uint8Array): Generator<AdminEvent, void, undefined> {
    this.#untrusted =
      this.#untrusted.length === 0
        ? Buffer.from(untrustedBytes)
        : Buffer.concat([this.#untrusted, untrustedBytes]);
    for (;;) {
      const found = parseEvent(this.#untrusted);
      if (found === undefined) break;
      this.#untrusted = this.#untrusted.subarray(found.length);
      yield found.event;
    }
    if (this.#untrusted.length > MAX_EVENT_BYTES) {
      throw new NeedsError(`The daemon sent an event of more than ${MAX_EVENT_BYTES} bytes`);
    }
  }

  /**
   * The stream has ended.
   * @throws NeedsError when it did so amid an event
   */
  end(): void {
    if (this.#untrusted.length > 0) throw new NeedsError('The stream of events is cut off');
  }
}

/** The event that `untrusted` begins with, undefined while it is not complete. */
function parseEvent(untrusted: Buffer): { event: AdminEvent; length: number } | undefined {
  if (untrusted.length < KIND_BYTES) return undefined;
  const isFramed = untrusted[1] === NUL;
  if (isFramed && untrusted[0] === KIND_ERROR) {
    if (!isCompleteError(untrusted)) return undefined;
    throw parseError(untrusted);
  }
  if (!isFramed || untrusted[0] !== KIND_EVENT) {
    throw new NeedsError('The daemon sent something that is no event');
  }
  const texts = new Texts(untrusted, KIND_BYTES);
  const subject = texts.next();
  const event = texts.next();
  const payload = new Map<string, string>();
  for (;;) {
    const key = texts.next();
    if (subject === undefined || event === undefined || key === undefined) return undefined;
    if (key === '') return { event: { subject, event, payload }, length: texts.offset };
    const value = texts.next();
    if (value === undefined) return undefined;
    payload.set(key, value);
  }
}

/** Whether class, traceback and message are there. */
function isCompleteError(untrusted: Buffer): boolean {
  const texts = new Texts(untrusted, KIND_BYTES);
  return texts.next() !== undefined && texts.next() !== undefined && texts.next() !== undefined;
}

/** Texts with a NUL behind each. */
class Texts {
  readonly #bytes: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  /** The next one, undefined when its end is not there. */
  next(): string | undefined {
    const end = this.#bytes.indexOf(NUL, this.offset);
    if (end < 0) return undefined;
    const text = this.#bytes.toString('utf8', this.offset, end);
    this.offset = end + 1;
    return text;
  }
}
