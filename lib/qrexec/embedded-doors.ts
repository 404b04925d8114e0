import type { PolicyCall, ResolvedTarget, Verdict } from '../policy/verdict.ts';

/** What was made of a call of a qube. */
export interface Judgement {
  readonly verdict: Verdict;
  /** What dom0's services are told was asked for: `@default` in place of a qube that is not there. */
  readonly requestedTarget: string;
}

/** What a person is asked. */
export interface PolicyQuestion {
  readonly call: PolicyCall;
  readonly verdict: Extract<Verdict, { kind: 'ask' }>;
}

/** What calls in an embedded system need of it. Undefined doors are those of a bare folder. */
export interface EmbeddedDoors {
  /** What policy says to a call of a qube. */
  readonly judge: (call: PolicyCall) => Promise<Judgement>;
  /** @returns what the person chose of the targets; undefined for a no, and where there is nobody */
  readonly ask: (
    question: PolicyQuestion,
    signal: AbortSignal,
  ) => Promise<ResolvedTarget | undefined>;
  /**
   * Sees to it that a qube runs.
   * @param mayStart whether it is started when it does not
   * @throws CallError when it does not run then
   */
  readonly run: (qube: string, mayStart: boolean) => Promise<void>;
  /**
   * Makes a disposable and starts it.
   * @param template of disposables; undefined for the default one of dom0
   * @returns its name
   * @throws CallError
   */
  readonly makeDisposable: (template: string | undefined) => Promise<string>;
  /** Ends a disposable, which is removed with that. */
  readonly endDisposable: (name: string) => Promise<void>;
}
