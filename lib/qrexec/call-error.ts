import { type ErrorFacts, QubesRpcError } from '../base/errors.ts';

/** Exit statuses of a call that are qrexec's own, not the service's. */
export const PROBLEM = 125;
export const REFUSED = 126;
export const NO_SERVICE = 127;

/** What a call ends with that did not get as far as its service. */
export type CallStatus = typeof PROBLEM | typeof REFUSED | typeof NO_SERVICE;

/** A call that did not get as far as its service. */
export class CallError extends QubesRpcError {
  /** What `qrexec-client-vm` ends with then. */
  readonly status: CallStatus;

  constructor(status: CallStatus, message: string, facts?: ErrorFacts, cause?: unknown) {
    super(status === REFUSED ? 'refused' : 'needs', message, facts, { cause });
    this.status = status;
  }
}

/**
 * What the exit status of a call means where it can be qrexec's own: the end of a sentence. A service
 * that ends with one of these statuses itself cannot be told from it.
 * @returns undefined for a status that only a service has
 */
export function meaningOf(status: number, service: string): string | undefined {
  switch (status) {
    case PROBLEM:
      return `its ${service} could not be started`;
    case REFUSED:
      return 'the call was refused';
    case NO_SERVICE:
      return `it has no ${service} service`;
    default:
      return undefined;
  }
}
