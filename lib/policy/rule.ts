import type { Token } from './token.ts';
import type { CallTerms, RulePlace } from './verdict.ts';

/** What a line says to the calls that it is about. */
export type Action =
  | { readonly kind: 'deny'; readonly notify: boolean }
  | (CallTerms & {
      readonly kind: 'allow';
      /** Where the call goes instead, by `target=`. */
      readonly redirect: Token | undefined;
    })
  | (CallTerms & {
      readonly kind: 'ask';
      readonly redirect: Token | undefined;
      readonly defaultTarget: Token | undefined;
    });

/** One line of the policy. */
export interface Rule {
  /** Undefined for `*`. */
  readonly service: string | undefined;
  /** Without the `+`; undefined for `*`. */
  readonly argument: string | undefined;
  readonly source: Token;
  readonly target: Token;
  readonly action: Action;
  readonly place: RulePlace;
}
