import { QubesException } from './admin-error.ts';

/** A qube does not have the service that was called. */
export class NoServiceError extends QubesException {}

/** How a service is called, if not as usual. */
export interface ServiceDetails {
  /** What it gets; nothing unless told. */
  readonly input?: string;
  /** Whether it runs as root; as the usual user of the qube unless told. */
  readonly asRoot?: boolean;
}

/** The door to the services of running qubes, which dom0 calls: policy is not asked. */
export interface QubeServices {
  /**
   * Calls a service that gives nothing, and waits for its end.
   * @param qube name of a running one
   * @param service with its argument, if any: `qubes.WaitForSession`
   * @param signal ends the call: it rejects with the reason then
   * @throws NoServiceError when there is none of that name
   * @throws QubesException when it cannot be called, or fails: with the end of what it said, printable
   */
  call(qube: string, service: string, signal: AbortSignal, details?: ServiceDetails): Promise<void>;
}
