import type { Qube } from '../qube.ts';
import { bool } from '../rows.ts';

/** As rows of others read it; the rule that it cannot be turned off while in use is with `netvm`. */
export const providesNetwork = bool<Qube>({
  name: 'provides_network',
  doc: 'Whether other qubes may use this one as their netvm.',
  default: false,
});
