import { QubesException } from '../../base/admin-error.ts';
import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { shrinkBeforePause } from '../preload/before-pause.ts';
import { differs } from '../preload/outdated.ts';
import { preloadList } from '../preload/preload-features.ts';
import { keeperOf } from '../preload/registry.ts';
import { preloadStateOf } from '../preload/stage.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { refreshLater } from './preload.ts';

/** What a disposable does that was started ahead of need. */
export const PRELOADED: readonly Handler<Qube>[] = [
  onAction('domain-pre-spawn', (qube) => {
    if (preloadStateOf(qube)?.stage !== 'discarded') return;
    throw new QubesException(`${qube.name} is not wanted any more`);
  }),
  onAction('domain-pre-paused', shrinkBeforePause),
  onAction('domain-unpaused', countAsUsed),
  onAction('domain-resumed', countAsUsed),
  onAction('domain-shutdown', async (qube) => {
    qube.system.apply(() => leaveList(qube));
    await qube.system.save();
  }),
  onQube('domain-remove-from-disk', leaveList),
  onQube('property-set:*', refreshIfOutdated),
  onQube('property-reset:*', refreshIfOutdated),
];

/** One of the stock may change without its template: by a default of the system, or by itself. */
function refreshIfOutdated(qube: Qube, { name }: { readonly name: string }): void {
  const template = templateOf(qube);
  if (template === undefined || !preloadList(template).includes(qube.name)) return;
  const row = qube.properties.find(name);
  if (row !== undefined && differs(qube, row)) refreshLater(template);
}

async function countAsUsed(qube: Qube): Promise<void> {
  const stage = preloadStateOf(qube)?.stage;
  const template = stage === 'pausing' || stage === 'ready' ? templateOf(qube) : undefined;
  if (template !== undefined) await keeperOf(template)?.usedUnasked(qube);
}

function leaveList(qube: Qube): void {
  const template = templateOf(qube);
  if (template !== undefined) keeperOf(template)?.lost(qube);
}
