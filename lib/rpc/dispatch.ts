import { eventFrame } from '../admin/event-frames.ts';
import { errorFrame, okFrame, parseRequest } from '../admin/frames.ts';
import type { Request } from '../admin/frames.ts';
import {
  AdminError,
  ProtocolError,
  QubesVMInvalidUUIDError,
  QubesVMNotFoundError,
} from '../base/admin-error.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { App } from '../model/app.ts';
import type { EventPayload } from '../model/events.ts';
import { parseQubeName } from '../model/qube-name.ts';
import type { Qube } from '../model/qube.ts';
import type { AdminCall } from './admin-call.ts';
import type { AdminReply, AdminService, Presence } from './admin-service.ts';
import type { Permitted } from './permitted.ts';

const UUID_PREFIX = 'uuid:';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The caller's end of a connection, as a call sees it. */
export interface Caller {
  /** Aborted when the caller is gone, or the host stops. */
  readonly signal: AbortSignal;
  /** Sends an event. */
  send(frame: Buffer): void;
}

/** What all calls of a host have in common. */
export interface CallContext {
  readonly app: App;
  readonly permitted: Permitted;
  readonly log: Logger;
}

/** The reply to send; undefined for nothing: a fault in the program, or the end of events. */
export type Answer = Buffer | undefined;

/** Answers the requests of one socket. */
export class Dispatcher {
  readonly #context: CallContext;
  readonly #services: ReadonlyMap<string, AdminService>;

  /** @param services those this socket serves */
  constructor(context: CallContext, services: readonly AdminService[]) {
    this.#context = context;
    this.#services = new Map(services.map((service) => [service.name, service]));
  }

  /**
   * Answers one complete request: at once if its handler does. Never fails: what is wrong with the
   * request or refused is in the reply, and a fault in the program goes to the log.
   */
  answer(untrusted: Buffer, caller: Caller): Answer | Promise<Answer> {
    let call: Call | undefined;
    try {
      const request = parseRequest(untrusted);
      const { qubes } = this.#context.app;
      const source = resolveQube(qubes, request.source);
      const destination = resolveQube(qubes, request.destination);
      const service = this.#services.get(request.method);
      if (service === undefined) {
        throw new ProtocolError(`no such method: ${pythonRepr(request.method)}`);
      }
      requireForm(service, request, destination);
      call = new Call(this.#context, caller, request, source, destination);
      const reply = service.handle(call);
      return reply instanceof Promise ? this.#settle(reply, call) : replyFrame(reply, call);
    } catch (error) {
      return this.#failure(error, call);
    }
  }

  async #settle(reply: Promise<AdminReply>, call: Call): Promise<Answer> {
    try {
      return replyFrame(await reply, call);
    } catch (error) {
      return this.#failure(error, call);
    }
  }

  #failure(error: unknown, call: Call | undefined): Answer {
    const { log } = this.#context;
    if (error instanceof AdminError) {
      log.debug(`${titleOf(call)}: ${error.wireName}: ${printable(error.message)}`);
      return errorFrame(error);
    }
    log.error({ err: error }, `Internal error in ${titleOf(call)}`);
    return undefined;
  }
}

class Call implements AdminCall {
  readonly #context: CallContext;
  readonly #caller: Caller;
  readonly method: string;
  readonly source: Qube;
  readonly destination: Qube;
  readonly argument: string;
  readonly untrustedPayload: Uint8Array;
  hasSentEvents = false;

  constructor(
    context: CallContext,
    caller: Caller,
    request: Request,
    source: Qube,
    destination: Qube,
  ) {
    this.#context = context;
    this.#caller = caller;
    this.method = request.method;
    this.source = source;
    this.destination = destination;
    this.argument = request.argument;
    this.untrustedPayload = request.untrustedPayload;
  }

  get app(): App {
    return this.#context.app;
  }

  get permitted(): Permitted {
    return this.#context.permitted;
  }

  get log(): Logger {
    return this.#context.log;
  }

  get signal(): AbortSignal {
    return this.#caller.signal;
  }

  sendEvent(subject: string, event: string, payload: EventPayload): void {
    this.hasSentEvents = true;
    this.#caller.send(eventFrame(subject, event, payload));
  }
}

function replyFrame(reply: AdminReply, { hasSentEvents }: Call): Answer {
  return hasSentEvents ? undefined : okFrame(reply);
}

function titleOf(call: Call | undefined): string {
  if (call === undefined) return 'a request';
  const { method, argument, source, destination } = call;
  return printable(`${method}+${argument} (${source.name} to ${destination.name})`);
}

/** A qube by its name, or by `uuid:` and its UUID in lower case. */
function resolveQube(qubes: App['qubes'], untrusted: string): Qube {
  const found = qubes.find(untrusted);
  if (found !== undefined) return found;
  if (!untrusted.startsWith(UUID_PREFIX)) parseQubeName(untrusted);
  else {
    const uuid = untrusted.slice(UUID_PREFIX.length);
    if (!UUID.test(uuid)) {
      throw new QubesVMInvalidUUIDError(`VM UUID is not valid: ${pythonRepr(uuid)}`);
    }
  }
  throw QubesVMNotFoundError.of(untrusted);
}

/** In the order of the reference, whose first complaint clients know. */
function requireForm(service: AdminService, request: Request, destination: Qube): void {
  requirePresence(service.payload, request.untrustedPayload.length, 'payload', 'payload');
  requirePresence(service.argument, request.argument.length, 'an argument', 'argument');
  const isAdmin = destination.className === 'AdminVM';
  if (service.destination === 'dom0' && !isAdmin) {
    throw new ProtocolError('expected destination to be AdminVM');
  }
  if (service.destination === 'qube' && isAdmin) {
    throw new ProtocolError('expected destination to not be AdminVM');
  }
}

function requirePresence(wanted: Presence, length: number, one: string, any: string): void {
  if (wanted === 'required' && length === 0) throw new ProtocolError(`expected ${one}`);
  if (wanted === 'none' && length > 0) throw new ProtocolError(`unexpected ${any}`);
}
