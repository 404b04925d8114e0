/** A call that is refused though no rule denies it. The message is safe to show. */
export class RefusalError extends Error {
  /** Whether the person is told. */
  readonly notify: boolean;

  constructor(message: string, notify = true) {
    super(message);
    this.notify = notify;
  }
}
