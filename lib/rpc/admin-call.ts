import type { Logger } from '../base/log.ts';
import type { App } from '../model/app.ts';
import type { EventPayload } from '../model/events.ts';
import type { Qube } from '../model/qube.ts';
import type { Permitted } from './permitted.ts';

/** One call, its framing, caller and destination checked. */
export interface AdminCall {
  readonly app: App;
  /** RPC name it was called by: some services serve several. */
  readonly method: string;
  readonly source: Qube;
  readonly destination: Qube;
  /** ASCII without spaces; anything else about it is for the handler to judge. */
  readonly argument: string;
  readonly untrustedPayload: Uint8Array;
  /** What policy lets this caller see. */
  readonly permitted: Permitted;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Sends an event instead of a reply; to a caller that does not read it ends the call. */
  sendEvent(subject: string, event: string, payload: EventPayload): void;
}

/**
 * Asks the model whether it lets this call happen: the rules that hold whatever policy says.
 * @throws PermissionDenied
 */
export function requirePermission({ source, destination, method, argument }: AdminCall): void {
  source.fire(`admin-permission:${method}`, { dest: destination, arg: argument });
}
