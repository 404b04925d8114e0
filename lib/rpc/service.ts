import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteSink } from '../base/byte-sink.ts';
import type { Logger } from '../base/log.ts';

/**
 * A qrexec service: what it accepts, who may call it, and what it does. Policy, packaging and the
 * reference documentation are made from these declarations; nothing about a service is written
 * down twice.
 */
export interface ServiceFacts {
  /** RPC name, under which it is installed: `qubes.Restore`. */
  readonly name: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What it is called on: dom0, a qube, or either. */
  readonly destination: 'dom0' | 'qube' | 'either';
  /**
   * What a call touches (its own destination, or the whole system) and what it does there: reads,
   * reads and writes, or reads and sets something going. Undefined where policy does not govern it.
   */
  readonly access:
    | { readonly scope: 'local' | 'global'; readonly effect: 'read' | 'write' | 'execute' }
    | undefined;
}

/** What qrexec is told of how to call an executable, in a file of its `rpc-config`. */
export interface QrexecConfig {
  /** Who it runs as, whoever calls; else that is the caller's or policy's choice. */
  readonly 'force-user'?: 'root';
  /** Whether qrexec waits for the session of the user before it calls it. */
  readonly 'wait-for-session'?: boolean;
}

/** A service that runs as a process for each call, with streams. */
export interface Service<Argument = unknown> extends ServiceFacts {
  /**
   * Accepts the argument behind the `+`, empty when there is none.
   * @throws UsageError, whose message goes to the log, with exit status 1
   */
  readonly argument: (untrusted: string) => Argument;
  /** Undefined for one that needs none. */
  readonly config?: QrexecConfig;
  /**
   * Does the work of one call.
   * @returns exit status of the call
   * @throws QubesRpcError, whose message goes to the log, with exit status 1
   */
  handle(call: ServiceCall<Argument>): Promise<number>;
}

/** One call of a service, as its host hands it over. */
export interface ServiceCall<Argument> {
  readonly argument: Argument;
  /** What the caller sends. Untrusted until parsed. */
  readonly request: ByteReader;
  /** What the caller gets. */
  readonly response: ByteSink;
  /** Messages for the person at the caller's end. */
  readonly log: Logger;
  /** Aborted when the service is told to end. */
  readonly signal: AbortSignal;
}
