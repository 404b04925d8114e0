import type { PolicyCall, ResolvedTarget, RulePlace } from '../policy/verdict.ts';
import { CallError, REFUSED } from './call-error.ts';
import type { EmbeddedDoors } from './embedded-doors.ts';

/** Where a call goes, and whether a qube may be started for it. */
export interface Destination {
  /** As dom0's services are told what was asked for. */
  readonly requestedTarget: string;
  readonly target: ResolvedTarget | { readonly kind: 'default-disposable' };
  readonly autostart: boolean;
  /** What decided, for the log. */
  readonly reason: string;
}

const DISPOSABLE_OF = '@dispvm:';
const BY_DOM0 = { autostart: true, reason: 'dom0 is not policed' };

/** Where a call of dom0 goes: policy has no say in it. */
export function targetOfDom0(target: string): Destination {
  return { target: namedTarget(target), requestedTarget: target, ...BY_DOM0 };
}

function namedTarget(target: string): Destination['target'] {
  if (target === 'dom0' || target === '@adminvm') return { kind: 'dom0' };
  if (target === '@dispvm') return { kind: 'default-disposable' };
  if (!target.startsWith(DISPOSABLE_OF)) return { kind: 'qube', name: target };
  return { kind: 'disposable', template: target.slice(DISPOSABLE_OF.length) };
}

/**
 * Where policy, or the person it has asked, lets a call go.
 * @throws CallError when it is refused
 */
export async function judgedTarget(
  call: PolicyCall,
  { judge, ask }: Pick<EmbeddedDoors, 'judge' | 'ask'>,
  signal: AbortSignal,
): Promise<Destination> {
  const { verdict, requestedTarget } = await judge(call);
  switch (verdict.kind) {
    case 'deny':
      throw refused(call, verdict.reason, verdict.rule);
    case 'ask': {
      const target = await ask({ call, verdict }, signal);
      if (target === undefined) throw refused(call, 'the person did not allow it', verdict.rule);
      return { ...goTo(call, target, verdict, 'allowed by the person'), requestedTarget };
    }
    case 'allow':
      return { ...goTo(call, verdict.target, verdict, 'allowed'), requestedTarget };
  }
}

function goTo(
  call: PolicyCall,
  target: ResolvedTarget,
  { autostart, rule }: { readonly autostart: boolean; readonly rule: RulePlace },
  how: string,
): Omit<Destination, 'requestedTarget'> {
  if (target.kind === 'qube' && target.name === call.source) {
    throw refused(call, 'a qube cannot call itself', rule);
  }
  return { target, autostart, reason: `${how} by ${place(rule)}` };
}

function refused(call: PolicyCall, reason: string, rule: RulePlace | undefined): CallError {
  const { service, argument, source, target } = call;
  const called = argument === '' ? service : `${service}+${argument}`;
  const decided = rule === undefined ? '' : ` (${place(rule)}: ${rule.text})`;
  return new CallError(
    REFUSED,
    `Request refused: ${called} from ${source} to ${target}: ${reason}${decided}`,
  );
}

function place({ file, line }: RulePlace): string {
  return `${file}, line ${line}`;
}
