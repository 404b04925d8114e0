import { printable } from '../base/printable.ts';
import { collectTargets } from './collect-targets.ts';
import { type Difference, differenceOf, type KnownCall } from './match-rule.ts';
import { RefusalError } from './refusal-error.ts';
import {
  findTarget,
  isStarted,
  reachTarget,
  requireStarted,
  resolveTarget,
  targetKey,
} from './resolve-target.ts';
import type { Action, Rule } from './rule.ts';
import type { SystemFacts } from './system-facts.ts';
import { parseToken, type Token } from './token.ts';
import type { CallTerms, PolicyCall, ResolvedTarget, RulePlace, Verdict } from './verdict.ts';

/** A rule that was compared with a call. */
export interface ComparedRule {
  readonly place: RulePlace;
  /** The first thing in which they differ; undefined where it matched, which makes it the last. */
  readonly difference: Exclude<Difference, 'service'> | undefined;
}

/** How a verdict was found. */
export interface Explanation {
  readonly verdict: Verdict;
  /** The rules about the service, in their order, up to the one that matched. */
  readonly compared: readonly ComparedRule[];
}

/** Rules in the order in which they count: the first that matches decides, and without one the call is denied. */
export class Policy {
  readonly rules: readonly Rule[];
  /** What was looked for already, of the services that rules name; undefined stands for the others. */
  readonly #byService = new Map<string | undefined, readonly Rule[]>();
  readonly #services: ReadonlySet<string | undefined>;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.#services = new Set(rules.map(({ service }) => service));
  }

  /** Judges a call. Calls of dom0 are for nobody to judge: do not ask about them. */
  evaluate(call: PolicyCall, facts: SystemFacts): Verdict {
    return this.explain(call, facts).verdict;
  }

  /** Judges a call, and tells what it was compared with. */
  explain(call: PolicyCall, facts: SystemFacts): Explanation {
    const compared: ComparedRule[] = [];
    let matched: RulePlace | undefined;
    try {
      const known = { ...call, target: lookUpTarget(call.target, facts) };
      const rule = this.#findRule(known, facts, compared);
      if (rule === undefined)
        return { verdict: refused('no rule matches it', undefined), compared };
      matched = rule.place;
      return { verdict: this.#apply(rule, known, facts), compared };
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return { verdict: refused(error.message, matched, error.notify), compared };
    }
  }

  #rulesOf(service: string): readonly Rule[] {
    const named = this.#services.has(service) ? service : undefined;
    const known = this.#byService.get(named);
    if (known !== undefined) return known;
    const rules = this.rules.filter((rule) => rule.service === undefined || rule.service === named);
    this.#byService.set(named, rules);
    return rules;
  }

  #findRule(call: KnownCall, facts: SystemFacts, compared: ComparedRule[]): Rule | undefined {
    return this.#rulesOf(call.service).find((rule) => {
      const difference = differenceOf(rule, call, facts);
      if (difference !== 'service') compared.push({ place: rule.place, difference });
      return difference === undefined;
    });
  }

  #apply({ action, place }: Rule, call: KnownCall, facts: SystemFacts): Verdict {
    switch (action.kind) {
      case 'deny':
        return refused('the rule denies it', place, action.notify);
      case 'allow': {
        const found = findTarget(action.redirect ?? call.target, call, facts);
        requireStarted(found, action, facts);
        const target = reachTarget(found, call, facts);
        return { kind: 'allow', target, rule: place, ...termsOf(action) };
      }
      case 'ask':
        return {
          kind: 'ask',
          rule: place,
          ...termsOf(action),
          ...this.#choices(action, call, facts),
        };
    }
  }

  #choices(
    { redirect, defaultTarget, autostart }: AskAction,
    call: KnownCall,
    facts: SystemFacts,
  ): Pick<AskVerdict, 'targets' | 'defaultTarget'> {
    const resolve = (token: Token): ResolvedTarget => resolveTarget(token, call, facts);
    const all =
      redirect === undefined
        ? collectTargets(this.#rulesOf(call.service), call, facts).flatMap(orNone(resolve))
        : [resolve(redirect)];
    const targets = all.filter((target) => autostart || isStarted(target, facts));
    if (targets.length === 0) {
      throw new RefusalError('the rule asks, but there is no target to choose from');
    }
    const wanted = defaultTarget && orNone(resolve)(defaultTarget).map(targetKey)[0];
    return { targets, defaultTarget: targets.find((target) => targetKey(target) === wanted) };
  }
}

type AskAction = Extract<Action, { kind: 'ask' }>;
type AskVerdict = Extract<Verdict, { kind: 'ask' }>;

/**
 * The target of a call as it is compared with rules: what does not exist is `@default`.
 * @throws RefusalError for what no call can ask for
 */
function lookUpTarget(text: string, facts: SystemFacts): Token {
  const token = parseToken(text, 'call');
  if (token === undefined) throw new RefusalError(`no call can go to ${printable(text)}`);
  if (token.kind === 'name' && facts.find(token.value) === undefined) return { kind: 'default' };
  if (token.kind === 'dispvm-of' && facts.find(token.value)?.templateForDispvms !== true) {
    throw new RefusalError(`${printable(token.value)} is no template for disposables`);
  }
  return token;
}

/** What can be resolved of a token: nothing in place of a refusal. */
function orNone(resolve: (token: Token) => ResolvedTarget): (token: Token) => ResolvedTarget[] {
  return (token) => {
    try {
      return [resolve(token)];
    } catch (error) {
      if (error instanceof RefusalError) return [];
      throw error;
    }
  };
}

function termsOf({ user, autostart, notify }: CallTerms): CallTerms {
  return { user, autostart, notify };
}

function refused(reason: string, rule: RulePlace | undefined, notify = true): Verdict {
  return { kind: 'deny', notify, reason, rule };
}
