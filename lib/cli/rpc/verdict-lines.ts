import type { RpcLine } from '../../base/rpc-report.ts';
import { printable } from '../../base/printable.ts';
import type { ComparedRule } from '../../policy/policy.ts';
import { targetKey } from '../../policy/resolve-target.ts';
import type { PolicyCall, ResolvedTarget, RulePlace, Verdict } from '../../policy/verdict.ts';
import type { Rows } from './rpc-screen.ts';

type VerdictLine = Extract<RpcLine, { type: 'verdict' }>;

/** What policy says to a call, for programs. */
export function verdictLine(call: PolicyCall, verdict: Verdict): VerdictLine {
  const { kind, notify, rule } = verdict;
  const { service, argument, source, target } = call;
  return {
    type: 'verdict',
    ...{ service, argument, source, target },
    verdict: kind,
    targets: targetsOf(verdict).map(targetKey),
    notify,
    ...(kind === 'deny' ? { reason: verdict.reason } : termsOf(verdict)),
    ...(rule && { rule }),
  };
}

/** The same for people: `allow: to vault`, and below it the line that decided. */
export function verdictText(verdict: Verdict): string {
  const { rule } = verdict;
  return rule === undefined
    ? outcome(verdict)
    : `${outcome(verdict)}\n${placeText(rule)}: ${rule.text}`;
}

/** The rules that were looked at, for programs and for people. */
export function comparedRows(
  compared: readonly ComparedRule[],
): readonly [lines: readonly RpcLine[], rows: Rows] {
  return [
    compared.map(({ place, difference }) => ({
      type: 'compared',
      ...place,
      ...(difference && { difference }),
    })),
    {
      head: ['LINE', 'RULE', 'RESULT'],
      rows: compared.map(({ place, difference }) => [
        placeText(place),
        place.text,
        difference === undefined ? 'decides' : `another ${difference}`,
      ]),
    },
  ];
}

function termsOf(
  verdict: Exclude<Verdict, { kind: 'deny' }>,
): Pick<VerdictLine, 'user' | 'autostart' | 'defaultTarget' | 'relay'> {
  const { user, autostart } = verdict;
  const target = verdict.kind === 'allow' ? verdict.target : undefined;
  const defaultTarget = verdict.kind === 'ask' ? verdict.defaultTarget : undefined;
  return {
    autostart,
    ...(user !== undefined && { user }),
    ...(defaultTarget && { defaultTarget: targetKey(defaultTarget) }),
    ...(target?.kind === 'remote' && { relay: { qube: target.relay, service: target.service } }),
  };
}

function outcome(verdict: Verdict): string {
  if (verdict.kind === 'deny') return `deny: ${verdict.reason}`;
  const terms = [
    ...(verdict.user === undefined ? [] : [`as user ${printable(verdict.user)}`]),
    ...(verdict.autostart ? [] : ['if it runs']),
  ];
  const to = targetsOf(verdict).map(targetText).join(', ');
  return [`${verdict.kind}: to ${to}`, ...terms].join(', ');
}

function targetsOf(verdict: Verdict): readonly ResolvedTarget[] {
  if (verdict.kind === 'allow') return [verdict.target];
  return verdict.kind === 'ask' ? verdict.targets : [];
}

function targetText(target: ResolvedTarget): string {
  const key = targetKey(target);
  return target.kind === 'remote' ? `${key} by ${target.service} in ${target.relay}` : key;
}

function placeText({ file, line }: RulePlace): string {
  return line === 0 ? file : `${file}:${line}`;
}
