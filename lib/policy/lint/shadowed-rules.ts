import { basename } from 'node:path';

import { printable } from '../../base/printable.ts';
import type { Rule } from '../rule.ts';
import { isDom0, type Token, tokenText } from '../token.ts';

/** A rule that decides nothing. */
export interface ShadowedRule {
  readonly rule: Rule;
  /** By which other one; safe to show. */
  readonly message: string;
}

/**
 * Finds rules that never decide because an earlier one always does. The defaults of the system are
 * left out, files from 90 on: they are there to be overruled.
 * @param rules in their order
 */
export function findShadowed(rules: readonly Rule[]): readonly ShadowedRule[] {
  const earlier = new Map<string | undefined, Rule[]>();
  const found: ShadowedRule[] = [];
  for (const rule of rules) {
    const same = earlier.get(rule.service) ?? [];
    const general = rule.service === undefined ? [] : (earlier.get(undefined) ?? []);
    const isCovering = (other: Rule): boolean => covers(other, rule);
    const first = general.find(isCovering) ?? same.find(isCovering);
    if (first !== undefined && !isDefault(rule)) {
      found.push({ rule, message: `this never decides: ${nameOf(first, rule)} comes first` });
    }
    same.push(rule);
    earlier.set(rule.service, same);
  }
  return found;
}

function covers(one: Rule, other: Rule): boolean {
  return (
    (one.argument === undefined || one.argument === other.argument) &&
    tokenCovers(one.source, other.source) &&
    tokenCovers(one.target, other.target)
  );
}

/** Whether whatever the second stands for the first does, too, as far as that is certain. */
function tokenCovers(one: Token, other: Token): boolean {
  if (one.kind === 'any') return true;
  const text = tokenText(other);
  if (isDom0(tokenText(one))) return isDom0(text);
  if (one.kind !== 'anyvm') return tokenText(one) === text;
  const mayBeDom0 = ['any', 'tag'].includes(other.kind) || text === '@type:AdminVM' || isDom0(text);
  return !mayBeDom0;
}

/** What goes without saying is no rule of a person, and neither is a default. */
function isDefault({ place }: Rule): boolean {
  return place.line === 0 || /^9\d-/.test(basename(place.file));
}

function nameOf({ place }: Rule, from: Rule): string {
  if (place.file === from.place.file) return `line ${place.line}`;
  return `line ${place.line} of ${printable(basename(place.file))}`;
}
