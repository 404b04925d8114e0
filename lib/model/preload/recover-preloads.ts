import type { App } from '../app.ts';
import { powerState } from '../power-state.ts';
import { autoCleanup } from '../properties/auto-cleanup.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import type { Dustbin } from './dustbin.ts';
import { dismiss, unlist } from './dismiss.ts';
import type { Keeper } from './keeper.ts';
import { COMPLETED, IN_PROGRESS, LIST, preloadList, preloadMax } from './preload-features.ts';
import { PreloadState } from './stage.ts';

/** Until what is replaced starts: the machine, or the host, has just begun. */
const REFRESH_SECONDS = 4;

/** What has become of a disposable that an earlier host has left. */
type Finding = 'waits' | 'went on' | 'is spoilt' | 'is not of the stock';

/** What the keepers of a system are asked for here. */
interface KeepersAndDustbin {
  readonly dustbin: Dustbin;
  of(template: Qube): Keeper;
}

/**
 * Takes up the stocks as an earlier host has left them: what was between two stages, or has died
 * since, goes; what waits for its use goes on waiting; and what somebody has let go on is used.
 */
export function recoverPreloads(app: App, keepers: KeepersAndDustbin): void {
  for (const [template, disposables] of disposablesByTemplate(app)) {
    const listed = preloadList(template);
    const findings = disposables.map((qube) => [qube, judge(qube, listed)] as const);
    const those = (finding: Finding): readonly Qube[] =>
      findings.filter(([, found]) => found === finding).map(([qube]) => qube);
    const good = [...those('waits'), ...those('went on')];
    const spoilt = those('is spoilt');
    for (const qube of [...good, ...spoilt]) new PreloadState(qube, 'ready');
    if (spoilt.length > 0 || good.length < listed.length) tidyUp(template, good, spoilt);
    for (const qube of spoilt) keepers.dustbin.throwAway(qube).catch(() => undefined);
    const keeper = keepers.of(template);
    // A maximum may have been lowered when the host ended.
    const most = preloadMax(template);
    if (preloadList(template).length > most) {
      change(template, () => keeper.shrink(most, 'it is more than wanted'));
    }
    // Where that cannot be saved it is tried again.
    for (const qube of those('went on')) keeper.usedUnasked(qube).catch(() => undefined);
    keeper.refresh(REFRESH_SECONDS);
  }
}

/** All templates that have a stock, or something left of one. */
function disposablesByTemplate(app: App): ReadonlyMap<Qube, readonly Qube[]> {
  const found = new Map<Qube, Qube[]>();
  for (const qube of app.qubes) if (qube.features.has(LIST)) found.set(qube, []);
  for (const qube of app.qubes) {
    const template = qube.className === 'DispVM' ? templateOf(qube) : undefined;
    if (template === undefined) continue;
    found.set(template, [...(found.get(template) ?? []), qube]);
  }
  return found;
}

function judge(qube: Qube, listed: readonly string[]): Finding {
  const { features, name } = qube;
  const isListed = listed.includes(name);
  const isCompleted = features.isOn(COMPLETED);
  if (features.isOn(IN_PROGRESS) || (isListed && !isCompleted)) return 'is spoilt';
  if (!isCompleted) return 'is not of the stock';
  const state = powerState(qube);
  const isOff = state === 'Halted' || state === 'Crashed';
  // Somebody may want to keep one after its use.
  if (!isListed && !(isOff && qube.find(autoCleanup) === true)) return 'is not of the stock';
  if (isOff) return 'is spoilt';
  return state === 'Paused' || state === 'Suspended' ? 'waits' : 'went on';
}

/** Brings list and marks in line with what is there. */
function tidyUp(template: Qube, good: readonly Qube[], spoilt: readonly Qube[]): void {
  const names = new Set(good.map(({ name }) => name));
  const gone = preloadList(template).filter((name) => !names.has(name));
  change(template, () => {
    dismiss(
      template,
      spoilt.map(({ name }) => name),
      'it was interrupted',
    );
    unlist(template, gone, 'it is gone');
    // Each only once, whoever wrote it.
    const left = [...new Set(preloadList(template))];
    if (left.length < preloadList(template).length) template.features.set(LIST, left.join(' '));
  });
}

/** Nobody waits for it: a disk that refuses now refuses the next change too, and somebody is told. */
function change({ name, system }: Qube, work: () => void): void {
  system.apply(work);
  system.save().catch((error: unknown) => {
    system.log.error({ err: error }, `${name}: its stock cannot be saved`);
  });
}
