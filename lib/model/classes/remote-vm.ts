import { helperTag } from '../behaviour/helper-tag.ts';
import { ICON_SHOWS_LABEL } from '../behaviour/icon.ts';
import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { includeInBackups } from '../properties/local.ts';
import type { Qube } from '../qube.ts';
import { optionalText, qubeOrNone } from '../rows.ts';

export const relayvm = qubeOrNone<Qube>({
  name: 'relayvm',
  stage: 4,
  doc: 'Qube of this machine through which it is reached.',
  default: null,
});

export const transportRpc = optionalText<Qube>({
  name: 'transport_rpc',
  doc: 'Service of the relay that carries calls to it.',
  default: null,
});

const remoteName = optionalText<Qube>({
  name: 'remote_name',
  doc: 'Its name on its own machine.',
  default: null,
});

/** A qube of another machine: only what is needed to call it. */
export const REMOTE_VM = defineClass(
  { name: 'RemoteVM', folder: undefined, volumes: [] },
  BASE_VM,
  {
    properties: [
      { ...includeInBackups, defaultOf: () => false },
      relayvm,
      transportRpc,
      remoteName,
    ],
    handlers: [...ICON_SHOWS_LABEL, ...helperTag(relayvm)],
  },
);
