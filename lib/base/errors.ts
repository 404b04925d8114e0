import { systemReason } from './system-reason.ts';

/** Which kind of failure an error is. Programs map it to their exit code; see `exit-code.ts`. */
export type ErrorCode =
  /** The person asked for something that cannot be meant (an unknown qube, an unusable option). */
  | 'usage'
  /** The archive cannot be read at all, or is no Qubes backup. */
  | 'not-readable'
  | 'wrong-passphrase'
  /** Data of one part is damaged, missing or foreign. */
  | 'damaged'
  /** A program, memory, disk space or permission that the work needs is not there. */
  | 'needs'
  /** The daemon answered a call with an error of the Admin API. */
  | 'refused'
  | 'cancelled';

/** The step at which a part turned out to be bad. */
export type Stage =
  | 'source'
  | 'name'
  | 'order'
  | 'key'
  | 'mac'
  | 'decrypt'
  | 'decompress'
  | 'tar'
  | 'content'
  | 'write';

export interface ErrorFacts {
  readonly qube?: string;
  readonly part?: string;
  /** File inside the backup, such as `vm2/root.img`. */
  readonly file?: string;
  /** Number of the chunk inside the file, from 0. */
  readonly chunk?: number;
  readonly stage?: Stage;
  /** Name of the error in the Admin API: `QubesVMNotFoundError`. */
  readonly wireName?: string;
  /** What the person can do about it: one sentence. */
  readonly hint?: string;
  /** True when it says nothing of what else is to be done: other parts may have better luck. */
  readonly isLocal?: boolean;
}

/**
 * The root of all errors this project raises on purpose. The message says what could not be done,
 * to what, and why; it is safe to show on a terminal. Anything else that is thrown is a fault in
 * the program.
 */
export class QubesRpcError extends Error {
  readonly code: ErrorCode;
  facts: ErrorFacts;

  constructor(
    code: ErrorCode,
    message: string,
    facts: ErrorFacts = {},
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }

  /** Adds what a caller further up knows of the place; what is known already stays. */
  locate(facts: ErrorFacts): this {
    this.facts = { ...facts, ...this.facts };
    return this;
  }
}

/** A request that cannot be meant: no such qube, options that contradict each other. */
export class UsageError extends QubesRpcError {
  constructor(message: string, facts?: ErrorFacts) {
    super('usage', message, facts);
  }
}

/** The archive as a whole cannot be read: no backup, header not genuine, source gone. */
export class NotReadableError extends QubesRpcError {
  constructor(message: string, facts?: ErrorFacts, options?: { cause?: unknown }) {
    super('not-readable', message, facts, options);
  }
}

/** The passphrase does not open the header of the backup. */
export class WrongPassphraseError extends QubesRpcError {
  constructor(message = 'Cannot open the backup: wrong passphrase', facts?: ErrorFacts) {
    super('wrong-passphrase', message, facts);
  }
}

/** One file or chunk of a readable backup is damaged, missing, repeated or foreign. */
export class DamagedError extends QubesRpcError {
  constructor(message: string, facts?: ErrorFacts, options?: { cause?: unknown }) {
    super('damaged', message, facts, options);
  }
}

/** Something the work needs is absent: a program, memory, disk space, a permission. */
export class NeedsError extends QubesRpcError {
  constructor(message: string, facts?: ErrorFacts, options?: { cause?: unknown }) {
    super('needs', message, facts, options);
  }
}

/** The daemon took a call of the Admin API and answered nothing: stock qubesd does so when it fails at one. */
export class NoAnswerError extends NeedsError {}

/** The daemon refused a call of the Admin API, in its own words. */
export class RefusedError extends QubesRpcError {
  constructor(message: string, facts?: ErrorFacts, options?: { cause?: unknown }) {
    super('refused', message, facts, options);
  }
}

/** The run was ended from outside: by its `AbortSignal`, a signal, or a reader that went away. */
export class CancelledError extends QubesRpcError {
  constructor(message = 'Cancelled', facts?: ErrorFacts, options?: { cause?: unknown }) {
    super('cancelled', message, facts, options);
  }
}

/** The `code` of a failed system call (`ENOENT`, `ENOSPC`…), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** The reason an error gives, without its type, or why a system call failed: for the end of another message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = systemErrorCode(error);
  return code === undefined ? error.message : systemReason(code, errnoOf(error));
}

function errnoOf(error: Error): unknown {
  return 'errno' in error ? error.errno : undefined;
}
