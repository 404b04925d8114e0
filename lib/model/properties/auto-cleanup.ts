import type { Qube } from '../qube.ts';
import { bool } from '../rows.ts';

export const autoCleanup = bool<Qube>({
  name: 'auto_cleanup',
  doc: 'Whether it is removed when it has shut down.',
  default: false,
});
