import { QubesException } from '../../base/admin-error.ts';
import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { shrinkBeforePause } from '../preload/before-pause.ts';
import { keeperOf } from '../preload/registry.ts';
import { preloadStateOf } from '../preload/stage.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';

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
];

async function countAsUsed(qube: Qube): Promise<void> {
  const template = preloadStateOf(qube)?.stage === 'ready' ? templateOf(qube) : undefined;
  if (template !== undefined) await keeperOf(template)?.usedUnasked(qube);
}

function leaveList(qube: Qube): void {
  const template = templateOf(qube);
  if (template !== undefined) keeperOf(template)?.lost(qube);
}
