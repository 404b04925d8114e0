import type { Qube } from '../qube.ts';
import { IN_PROGRESS, LIST, preloadList } from './preload-features.ts';
import { preloadStateOf } from './stage.ts';

/** Takes names off the list of a template; part of the caller's change of the store. */
export function unlist(template: Qube, names: readonly string[], reason: string): void {
  const before = preloadList(template);
  const after = before.filter((name) => !names.includes(name));
  if (after.length === before.length) return;
  const gone = before.filter((name) => names.includes(name));
  template.system.log.info(`${template.name}: no longer in stock, ${reason}: ${gone.join(', ')}`);
  template.features.set(LIST, after.join(' '));
}

/**
 * Gives disposables of a stock up; part of the caller's change of the store. Until they are removed
 * they are marked as being on their way, so that a host which is started meanwhile goes on with it.
 * @returns those that have to be ended
 */
export function dismiss(template: Qube, names: readonly string[], reason: string): readonly Qube[] {
  const dismissed: Qube[] = [];
  for (const name of names) {
    const qube = template.system.qubes.find(name);
    const state = qube === undefined ? undefined : preloadStateOf(qube);
    if (qube === undefined || state === undefined || isOver(state.stage)) continue;
    state.turn('discarded');
    qube.features.set(IN_PROGRESS, true);
    dismissed.push(qube);
  }
  unlist(template, names, reason);
  return dismissed;
}

function isOver(stage: string): boolean {
  return stage === 'used' || stage === 'discarded';
}
