/**
 * One member of the outer archive as its container (tar or qfile stream) tells it. Nothing here is
 * authenticated: the name has still to pass `parseMemberName`, the type has to be a plain file.
 */
export interface OuterEntry {
  readonly untrustedName: string;
  /** `file`, or what else the container says it is; only plain files belong in a backup. */
  readonly type: 'file' | 'directory' | 'other';
  /** Bytes of data. */
  readonly size: number;
  /** Permission bits, as in the container. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Where the data begins, if the container is a seekable file. */
  readonly offset?: number;
  /**
   * The data; shorter than `size` only if the container was cut off. In a stream it must be taken
   * before the next entry is asked for; what is left over is skipped then.
   */
  data(): AsyncIterable<Uint8Array>;
}
