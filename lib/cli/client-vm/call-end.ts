/** What stands at this end of a call. */
export interface CallEnd {
  /** Sent to the service. */
  readonly from: AsyncIterable<Uint8Array>;
  /** Takes what it answers. @throws when nobody reads it any more */
  readonly take: (bytes: Uint8Array) => Promise<void>;
  /** Tells that the answer is complete. */
  readonly complete: () => Promise<void>;
  /** Exit status of this end, if it is a program. */
  readonly status: Promise<number> | undefined;
}
