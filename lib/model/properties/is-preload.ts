import { preloadList } from '../preload/preload-features.ts';
import { isRequested } from '../preload/stage.ts';
import type { Qube } from '../qube.ts';
import { computed } from '../rows.ts';
import { templateOf } from './template.ts';

export const isPreload = computed<Qube, boolean>(
  'bool',
  'is_preload',
  'Whether it was started ahead of need and waits to be used.',
  (qube) => {
    if (isRequested(qube)) return true;
    const template = templateOf(qube);
    return template !== undefined && preloadList(template).includes(qube.name);
  },
);
