import type { Qube } from '../qube.ts';
import { int } from '../rows.ts';

export const dispid = int<Qube>({
  name: 'dispid',
  doc: 'Number of the disposable, which its name and addresses are made of.',
  writeOnce: true,
  cloned: false,
});
