import { printable } from '../base/printable.ts';
import { differenceButTarget, type KnownCall } from './match-rule.ts';
import { RefusalError } from './refusal-error.ts';
import type { Rule } from './rule.ts';
import type { QubeFacts, SystemFacts } from './system-facts.ts';
import { isDom0, parseToken, type Token } from './token.ts';

/**
 * What a person can choose from where a rule asks and names no target: all that the rules about this
 * service, argument and source would let through, whatever target was asked for.
 * @param rules those of the service, in their order
 * @throws RefusalError when that cannot be told
 */
export function collectTargets(
  rules: readonly Rule[],
  call: KnownCall,
  facts: SystemFacts,
): readonly Token[] {
  const source = facts.find(call.source);
  if (source === undefined) throw new RefusalError(`there is no qube ${printable(call.source)}`);
  const texts = new Set<string>();
  // From the last to the first: what an earlier rule says of a target is what counts.
  for (const rule of rules.toReversed()) {
    if (differenceButTarget(rule, call, facts) !== undefined) continue;
    const { action } = rule;
    const meant = (action.kind === 'deny' ? undefined : action.redirect) ?? rule.target;
    for (const text of expand(meant, facts)) {
      if (action.kind === 'deny') texts.delete(text);
      else texts.add(text);
    }
  }
  if (texts.delete('@dispvm') && source.defaultDispvm !== undefined) {
    texts.add(`@dispvm:${source.defaultDispvm}`);
  }
  // Not before: a rule about one of these two does not undo what another says about the other.
  if (texts.delete('@adminvm')) texts.add('dom0');
  texts.delete(source.name);
  return [...texts]
    .filter((text) => facts.find(text.replace(/^@dispvm:/, ''))?.isInternal === false)
    .sort()
    .flatMap((text) => parseToken(text, 'call') ?? []);
}

/** The targets a token stands for. */
function expand(token: Token, facts: SystemFacts): readonly string[] {
  switch (token.kind) {
    case 'any':
    case 'anyvm':
      return [
        ...[...facts.qubes].flatMap((qube) =>
          token.kind === 'anyvm' && isDom0(qube.name)
            ? disposablesOf(qube)
            : [qube.name, ...disposablesOf(qube)],
        ),
        '@dispvm',
      ];
    case 'adminvm':
      return ['@adminvm'];
    case 'default':
      return [];
    case 'dispvm':
      return ['@dispvm'];
    case 'dispvm-of': {
      const qube = facts.find(token.value);
      if (qube !== undefined) return disposablesOf(qube);
      // The reference fails here, and a call that it fails at is refused.
      throw new RefusalError(
        `a rule names the qube ${printable(token.value)}, which does not exist`,
      );
    }
    case 'dispvm-tag':
      return matching(facts, ({ tags }) => tags.has(token.value)).flatMap(disposablesOf);
    case 'tag':
      return matching(facts, ({ tags }) => tags.has(token.value)).map(({ name }) => name);
    case 'type':
      return matching(facts, ({ className }) => className === token.value).map(({ name }) => name);
    case 'name':
      return matching(facts, (qube) => qube === facts.find(token.value)).map(({ name }) => name);
  }
}

function matching(
  { qubes }: SystemFacts,
  isWanted: (qube: QubeFacts) => boolean,
): readonly QubeFacts[] {
  return [...qubes].filter(isWanted);
}

function disposablesOf({ name, templateForDispvms }: QubeFacts): readonly string[] {
  return templateForDispvms ? [`@dispvm:${name}`] : [];
}
