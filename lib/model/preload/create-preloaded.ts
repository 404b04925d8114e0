import type { App } from '../app.ts';
import { createUnnamed } from '../create-qube.ts';
import type { Qube } from '../qube.ts';
import { IN_PROGRESS, INTERNAL, LIST, preloadList } from './preload-features.ts';
import { preloadStateOf, PreloadState } from './stage.ts';

/**
 * Creates a disposable for the stock of its template: in the template's list, and hidden, from its
 * first moment on.
 * @param requireWanted throws when it is not wanted any more by the time its files are there
 * @throws AdminError when disk or store refuse
 */
export async function createPreloaded(
  app: App,
  template: Qube,
  requireWanted: () => void,
): Promise<PreloadState> {
  let state: PreloadState | undefined;
  const introduce = (created: Qube): void => {
    state = new PreloadState(created);
    created.features.set(IN_PROGRESS, true);
    template.features.set(LIST, [...preloadList(template), created.name].join(' '));
    created.features.set(INTERNAL, true);
    created.fire('domain-create-on-disk', {});
  };
  try {
    const qube = await createUnnamed(app, template, introduce, requireWanted);
    return preloadStateOf(qube) ?? new PreloadState(qube);
  } catch (error) {
    // Somebody may have asked for it already.
    state?.fail(error);
    throw error;
  }
}
