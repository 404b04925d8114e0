import { printable } from '../../base/printable.ts';
import type { Rule as PlacedRule } from '../rule.ts';
import type { SystemFacts } from '../system-facts.ts';
import { isDom0, type Token, tokenText } from '../token.ts';

type Rule = Omit<PlacedRule, 'place'>;

const NAME = /^[a-zA-Z][a-zA-Z0-9_.-]*$/;
const UUID = /^uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CLASSES = ['AdminVM', 'TemplateVM', 'AppVM', 'StandaloneVM', 'DispVM', 'RemoteVM'];

/** What is suspicious about a rule, as sentences that are safe to show. */
export function lintRule(rule: Rule, facts: SystemFacts | undefined): readonly string[] {
  const tokens = [rule.source, rule.target, ...actionTokens(rule)];
  return [
    ...new Set([
      ...lintSource(rule.source),
      ...lintTarget(rule),
      ...tokens.flatMap((token) => [...lintToken(token), ...lintExistence(token, facts)]),
      ...lintRights(rule),
    ]),
  ];
}

function actionTokens({ action }: Rule): readonly Token[] {
  if (action.kind === 'deny') return [];
  const defaultTarget = action.kind === 'ask' ? action.defaultTarget : undefined;
  return [action.redirect, defaultTarget].filter((token) => token !== undefined);
}

function lintSource(source: Token): readonly string[] {
  if (isDom0(tokenText(source))) return ['this never matches: calls of dom0 are not judged'];
  if (source.kind !== 'dispvm-of' && source.kind !== 'dispvm-tag') return [];
  return [
    `this never matches: disposables call by their own names; @type:DispVM or a tag can stand for them`,
  ];
}

function lintTarget({ source, target, action }: Rule): readonly string[] {
  const found: string[] = [];
  if (target.kind === 'dispvm-of' && target.value.startsWith('uuid:')) {
    found.push('by its UUID a template is not recognised where a qube calls @dispvm');
  }
  if (action.kind === 'deny') return found;
  const goes = action.redirect ?? target;
  if (goes.kind === 'name' && tokenText(goes) === tokenText(source)) {
    found.push('a qube cannot call itself: this always refuses');
  }
  if (!action.autostart && goes.kind.startsWith('dispvm')) {
    found.push('with autostart=no there is no new disposable: this always refuses');
  }
  if (
    action.kind === 'ask' &&
    action.defaultTarget !== undefined &&
    action.redirect !== undefined
  ) {
    if (tokenText(action.defaultTarget) !== tokenText(action.redirect)) {
      found.push('default_target= cannot be chosen: target= leaves no choice');
    }
  }
  return found;
}

function lintToken(token: Token): readonly string[] {
  if (token.kind === 'type' && !CLASSES.includes(token.value)) {
    return [`there is no class ${printable(token.value)} of qubes`];
  }
  if (token.kind !== 'name' && token.kind !== 'dispvm-of') return [];
  const { value } = token;
  if (NAME.test(value) || UUID.test(value)) return [];
  return [`no qube can have the name ${printable(value)}`];
}

function lintExistence(token: Token, facts: SystemFacts | undefined): readonly string[] {
  if (facts === undefined || (token.kind !== 'name' && token.kind !== 'dispvm-of')) return [];
  const qube = facts.find(token.value);
  if (qube === undefined) return [`there is no qube ${printable(token.value)}`];
  if (token.kind === 'name' || qube.templateForDispvms) return [];
  return [`${qube.name} is no template for disposables`];
}

function lintRights({ service, source, target, action }: Rule): readonly string[] {
  if (action.kind === 'deny') return [];
  if (service?.startsWith('admin.') === true && !isDom0(tokenText(action.redirect ?? target))) {
    return ['the Admin API is answered by dom0: without target=dom0 this calls the qube itself'];
  }
  const isForAll = source.kind === 'any' || source.kind === 'anyvm';
  if (service === undefined && action.kind === 'allow' && isForAll) {
    return ['this lets every qube call every service'];
  }
  return [];
}
