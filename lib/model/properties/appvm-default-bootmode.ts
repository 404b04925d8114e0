import type { Qube } from '../qube.ts';
import { text } from '../rows.ts';

export const appvmDefaultBootmode = text<Qube>({
  name: 'appvm_default_bootmode',
  stage: 4,
  doc: 'Boot mode of the qubes based on this template. Default: its feature boot-mode.appvm-default, else default.',
  defaultOf: ({ features }) => features.get('boot-mode.appvm-default') ?? 'default',
});
