import { bool } from '../rows.ts';
import type { Qube } from '../qube.ts';

export const templateForDispvms = bool<Qube>({
  name: 'template_for_dispvms',
  doc: 'Whether disposables may be made of this qube. It cannot be turned off while something relies on it.',
  default: false,
});
