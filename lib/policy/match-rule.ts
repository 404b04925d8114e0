import { RefusalError } from './refusal-error.ts';
import type { Rule } from './rule.ts';
import type { SystemFacts } from './system-facts.ts';
import { isDom0, type Token, tokenText } from './token.ts';
import { printable } from '../base/printable.ts';

/** A call whose target was looked up: what does not exist has become `@default`. */
export interface KnownCall {
  readonly service: string;
  readonly argument: string;
  readonly source: string;
  readonly target: Token;
}

/** The first thing in which a rule differs from a call. */
export type Difference = 'service' | 'argument' | 'source' | 'target';

/**
 * Compares a rule with a call.
 * @returns undefined when it matches
 * @throws RefusalError when that cannot be told
 */
export function differenceOf(
  rule: Rule,
  call: KnownCall,
  facts: SystemFacts,
): Difference | undefined {
  return (
    differenceButTarget(rule, call, facts) ??
    (matchesTarget(rule.target, call, facts) ? undefined : 'target')
  );
}

/** Compares a rule with a call, whatever the target. */
export function differenceButTarget(
  { service, argument, source }: Rule,
  call: KnownCall,
  facts: SystemFacts,
): Difference | undefined {
  if (service !== undefined && service !== call.service) return 'service';
  if (argument !== undefined && argument !== call.argument) return 'argument';
  return matchesQube(source, call.source, facts) ? undefined : 'source';
}

function matchesTarget(token: Token, call: KnownCall, facts: SystemFacts): boolean {
  const { target } = call;
  switch (target.kind) {
    case 'dispvm':
      if (token.kind === 'dispvm') return true;
      if (token.kind === 'dispvm-of')
        return token.value === requireTemplate(token.value, call, facts);
      return matchesDisposable(token, facts.find(call.source)?.defaultDispvm, facts);
    case 'dispvm-of':
      if (token.kind === 'dispvm-of') return isSame(token.value, target.value, facts);
      return matchesDisposable(token, target.value, facts);
    case 'default':
      return token.kind === 'default' || token.kind === 'any' || token.kind === 'anyvm';
    default:
      return matchesQube(token, tokenText(target), facts);
  }
}

/** Whether a token is about new disposables of a template, other than by its name. */
function matchesDisposable(
  token: Token,
  template: string | undefined,
  facts: SystemFacts,
): boolean {
  if (token.kind !== 'dispvm-tag') return token.kind === 'any' || token.kind === 'anyvm';
  const qube = template === undefined ? undefined : facts.find(template);
  return qube?.templateForDispvms === true && qube.tags.has(token.value);
}

/** The reference fails here, and a call that it fails at is refused. */
function requireTemplate(named: string, { source }: KnownCall, facts: SystemFacts): string {
  const template = facts.find(source)?.defaultDispvm;
  if (template !== undefined) return template;
  throw new RefusalError(
    `${printable(source)} has no default_dispvm that could be compared with @dispvm:${printable(named)}`,
  );
}

/** @param qube a name, `uuid:…` or `@adminvm` */
function matchesQube(token: Token, qube: string, facts: SystemFacts): boolean {
  switch (token.kind) {
    case 'any':
      return true;
    case 'adminvm':
      return isDom0(qube);
    case 'anyvm':
      return !isDom0(qube);
    case 'name':
      return isDom0(token.value) ? isDom0(qube) : isSame(token.value, qube, facts);
    case 'type':
      return facts.find(qube)?.className === token.value;
    case 'tag':
      return facts.find(qube)?.tags.has(token.value) === true;
    default:
      return false;
  }
}

/** Whether two words, each a name or `uuid:…`, mean the same qube. */
function isSame(one: string, other: string, facts: SystemFacts): boolean {
  if (one === other) return true;
  const qube = facts.find(one);
  return qube !== undefined && qube === facts.find(other);
}
