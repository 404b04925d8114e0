/** A call as policy judges it, every part already of the characters that qrexec carries. */
export interface PolicyCall {
  /** RPC name: `qubes.Restore`. */
  readonly service: string;
  /** What follows the `+`; empty for none. */
  readonly argument: string;
  /** Name of the qube that calls. */
  readonly source: string;
  /** As it was asked for: a name, `uuid:…`, `@adminvm`, `@dispvm`, `@dispvm:NAME`, or `@default`. */
  readonly target: string;
}

/** Where a call goes in the end. */
export type ResolvedTarget =
  | { readonly kind: 'dom0' }
  | { readonly kind: 'qube'; readonly name: string }
  | { readonly kind: 'disposable'; readonly template: string }
  /** A qube of another machine: `service` of `relay` brings the call there. */
  | {
      readonly kind: 'remote';
      readonly name: string;
      readonly relay: string;
      /** With its argument: `TRANSPORT+TARGET+SERVICE+ARGUMENT`. */
      readonly service: string;
    };

/** The line of a policy file that decided. */
export interface RulePlace {
  readonly file: string;
  /** From 1; 0 for what goes without saying at the end of a file of Qubes 4.0. */
  readonly line: number;
  /** The line as it stands there. */
  readonly text: string;
}

/** What an allowed call is carried out with. */
export interface CallTerms {
  /** User the service runs as; undefined for the default. */
  readonly user: string | undefined;
  /** Whether a halted target is started. */
  readonly autostart: boolean;
  /** Whether the person is told. */
  readonly notify: boolean;
}

/** What policy says to a call. */
export type Verdict =
  | (CallTerms & {
      readonly kind: 'allow';
      /** The service is told what was asked for all the same: `target=` of a rule does not change that. */
      readonly target: ResolvedTarget;
      readonly rule: RulePlace;
    })
  | (CallTerms & {
      readonly kind: 'ask';
      /** What the person can choose from, by name; never empty. */
      readonly targets: readonly ResolvedTarget[];
      readonly defaultTarget: ResolvedTarget | undefined;
      readonly rule: RulePlace;
    })
  | {
      readonly kind: 'deny';
      readonly notify: boolean;
      /** A sentence that is safe to show. */
      readonly reason: string;
      /** Undefined where no line matched. */
      readonly rule: RulePlace | undefined;
    };
