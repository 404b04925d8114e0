import { cancellationBy } from '../base/cancelled.ts';
import { NeedsError } from '../base/errors.ts';
import { type AdminEvent, EventReader } from './event-frames.ts';
import { parseReply } from './frames.ts';
import { replyText } from './reply-text.ts';
import type { AdminRequest, AdminStream, Transport } from './transport.ts';

/** Far more than any reply has: a thousand qubes with all their properties are 3 MiB. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

/** What a call may bring along; what is left out is empty, and the destination dom0. */
export interface CallDetails {
  readonly destination?: string;
  readonly argument?: string;
  readonly payload?: Uint8Array | string;
}

/** Makes calls by a transport, and reads what they answer. */
export class AdminCalls {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  /** @param signal ends all calls when aborted; they throw CancelledError then */
  constructor(transport: Transport, signal?: AbortSignal) {
    this.#transport = transport;
    this.#signal = cancellationBy(signal).signal;
  }

  /**
   * @returns what the daemon answered. Untrusted
   * @throws AdminError that the daemon answered with, of its own class
   * @throws NeedsError when there is no daemon, or none that answers sensibly
   */
  call(method: string, details: CallDetails = {}): Promise<Uint8Array> {
    return wholeReply(method, this.#send(method, details));
  }

  /** The same for an answer that is text, which is untrusted, too. */
  async text(method: string, details: CallDetails = {}): Promise<string> {
    return replyText(method, await this.call(method, details));
  }

  /** Makes a call that takes any amount of data, which are sent as they come. */
  stream(
    method: string,
    details: Pick<AdminStream, 'destination' | 'argument' | 'payload'>,
  ): Promise<Uint8Array> {
    return wholeReply(method, this.#transport.stream({ method, ...details }, this.#signal));
  }

  /**
   * What a call that answers by events sends, without the first, which only says that they begin.
   * Ends when the daemon ends it.
   * @throws what `call` throws
   */
  async *events(
    method: string,
    details: CallDetails = {},
  ): AsyncGenerator<AdminEvent, void, undefined> {
    const reader = new EventReader();
    let isEmpty = true;
    for await (const block of this.#send(method, details)) {
      isEmpty = false;
      for (const event of reader.push(block)) {
        if (event.event !== 'connection-established') yield event;
      }
    }
    reader.end();
    if (isEmpty) parseReply(new Uint8Array());
  }

  #send(method: string, details: CallDetails): AsyncIterable<Uint8Array> {
    const { destination = 'dom0', argument = '', payload = '' } = details;
    const request: AdminRequest = {
      method,
      argument,
      destination,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    };
    return this.#transport.send(request, this.#signal);
  }
}

async function wholeReply(
  method: string,
  untrustedReply: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  for await (const block of untrustedReply) {
    length += block.length;
    if (length > MAX_REPLY_BYTES) {
      throw new NeedsError(`The answer to ${method} is longer than ${MAX_REPLY_BYTES} bytes`);
    }
    blocks.push(block);
  }
  return parseReply(Buffer.concat(blocks));
}
