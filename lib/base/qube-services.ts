/** The door to the services of running qubes, which dom0 calls: policy is not asked. */
export interface QubeServices {
  /**
   * Calls a service that takes nothing and gives nothing, and waits for its end.
   * @param qube name of a running one
   * @param service with its argument, if any: `qubes.WaitForSession`
   * @param signal ends the call: it rejects with the reason then
   * @throws QubesException when it cannot be called, or fails: with the end of what it said, printable
   */
  call(qube: string, service: string, signal: AbortSignal): Promise<void>;
}
