import { printable } from '../base/printable.ts';
import type { KnownCall } from './match-rule.ts';
import { RefusalError } from './refusal-error.ts';
import type { QubeFacts, SystemFacts } from './system-facts.ts';
import { isDom0, type Token, tokenText } from './token.ts';
import type { CallTerms, ResolvedTarget } from './verdict.ts';

/** A target of which is not yet known how it is reached. */
export type FoundTarget = Exclude<ResolvedTarget, { kind: 'remote' }>;

/**
 * Where a call goes that is let through.
 * @param token its target, or where its rule sends it instead
 * @throws RefusalError when it can go nowhere
 */
export function resolveTarget(token: Token, call: KnownCall, facts: SystemFacts): ResolvedTarget {
  return reachTarget(findTarget(token, call, facts), call, facts);
}

/**
 * What a token of a call means, whether or not the call can go there.
 * @throws RefusalError when there is no such thing
 */
export function findTarget(token: Token, call: KnownCall, facts: SystemFacts): FoundTarget {
  if (isDom0(tokenText(token))) return { kind: 'dom0' };
  switch (token.kind) {
    case 'name': {
      const qube = facts.find(token.value);
      if (qube !== undefined) return { kind: 'qube', name: qube.name };
      throw new RefusalError(`there is no qube ${printable(token.value)}`);
    }
    case 'dispvm':
      return { kind: 'disposable', template: ownTemplate(call, facts) };
    case 'dispvm-of': {
      const qube = facts.find(token.value);
      if (qube?.templateForDispvms === true) return { kind: 'disposable', template: qube.name };
      throw new RefusalError(`${printable(token.value)} is no template for disposables`);
    }
    default:
      throw new RefusalError('neither the caller nor the rule names a target that exists');
  }
}

/**
 * How a call gets to its target.
 * @throws RefusalError when it cannot
 */
export function reachTarget(
  target: FoundTarget,
  call: KnownCall,
  facts: SystemFacts,
): ResolvedTarget {
  if (targetKey(target) === (facts.find(call.source)?.name ?? call.source)) {
    throw new RefusalError('a qube cannot call itself');
  }
  const qube = target.kind === 'qube' ? facts.find(target.name) : undefined;
  return qube?.className === 'RemoteVM' ? throughRelay(qube, call, facts) : target;
}

/**
 * Refuses what would start a qube against the terms of a rule.
 * @throws RefusalError
 */
export function requireStarted(
  target: ResolvedTarget,
  { autostart, notify }: CallTerms,
  facts: SystemFacts,
): void {
  if (autostart || isStarted(target, facts)) return;
  throw new RefusalError(`${printable(targetKey(target))} would have to be started`, notify);
}

/** Whether nothing has to be started to reach a target. */
export function isStarted(target: ResolvedTarget, facts: SystemFacts): boolean {
  if (target.kind === 'dom0') return true;
  return target.kind !== 'disposable' && facts.find(target.name)?.isRunning === true;
}

/** A target as a person names it. */
export function targetKey(target: ResolvedTarget): string {
  if (target.kind === 'dom0') return 'dom0';
  return target.kind === 'disposable' ? `@dispvm:${target.template}` : target.name;
}

function ownTemplate({ source }: KnownCall, facts: SystemFacts): string {
  const named = facts.find(source)?.defaultDispvm;
  const template = named === undefined ? undefined : facts.find(named)?.name;
  if (template !== undefined) return template;
  throw new RefusalError(`${printable(source)} has no default_dispvm`);
}

function throughRelay(
  { name, relayvm, transportRpc }: QubeFacts,
  { target, service, argument }: KnownCall,
  facts: SystemFacts,
): ResolvedTarget {
  const relay = relayvm === undefined ? undefined : facts.find(relayvm)?.name;
  if (relay === undefined) throw new RefusalError(`${name} has no relayvm`);
  if (transportRpc === undefined) throw new RefusalError(`${name} has no transport_rpc`);
  const inner = `${tokenText(target)}+${service}+${argument}`;
  return { kind: 'remote', name, relay, service: `${transportRpc}+${inner}` };
}
