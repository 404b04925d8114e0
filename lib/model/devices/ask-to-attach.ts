/** What a person is asked before a device is attached. */
export interface AttachQuestion {
  /** Name of the qube that has the device, and where it is plugged in. */
  readonly backend: string;
  readonly port: string;
  /** Printable; what the device says of itself. */
  readonly description: string;
  /** Names of the qubes that would get it. */
  readonly targets: readonly string[];
}

/**
 * The door to the person at the screen.
 * @returns the target that was chosen; undefined for none of them
 */
export type AskToAttach = (question: AttachQuestion) => Promise<string | undefined>;
