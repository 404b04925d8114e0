import type { Qube } from '../qube.ts';
import { computed } from '../rows.ts';
import { templateOf } from './template.ts';

export const isPreload = computed<Qube, boolean>(
  'bool',
  'is_preload',
  'Whether it was started ahead of need and waits to be used.',
  (qube) => {
    const list = templateOf(qube)?.features.get('preload-dispvm') ?? '';
    return list.split(' ').includes(qube.name);
  },
);
