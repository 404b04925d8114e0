import type { Qube } from '../qube.ts';
import { bool } from '../rows.ts';

/** That it cannot be turned off while in use is judged by the network's part of the model. */
export const providesNetwork = bool<Qube>({
  name: 'provides_network',
  doc: 'Whether other qubes may use this one as their netvm.',
  default: false,
});
