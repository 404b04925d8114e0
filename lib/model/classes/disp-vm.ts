import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { LOCAL_VM } from '../mixins/local-vm.ts';
import { NET_VM_MIXIN } from '../mixins/net-vm.ts';
import { dispid } from '../properties/dispid.ts';
import { autoCleanup } from '../properties/auto-cleanup.ts';
import { isPreload } from '../properties/is-preload.ts';
import { defaultDispvm, includeInBackups } from '../properties/local.ts';
import { disposableTemplate, templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { PRELOADED } from '../behaviour/preloaded.ts';
import { NO_START_WITHOUT_TEMPLATE } from '../behaviour/start-rules.ts';
import { TEMPLATE_CHANGE } from '../behaviour/template-change.ts';
import { fromTemplate, KERNEL, PRIVATE_SIZE, ROOT_SIZE, volatile } from './volumes.ts';

/** A disposable: nothing in it outlives its shutdown. */
export const DISP_VM = defineClass(
  {
    name: 'DispVM',
    folder: 'appvms',
    volumes: [
      fromTemplate('root'),
      fromTemplate('private'),
      volatile(ROOT_SIZE + PRIVATE_SIZE),
      KERNEL,
    ],
  },
  BASE_VM,
  LOCAL_VM,
  NET_VM_MIXIN,
  {
    properties: [
      disposableTemplate,
      dispid,
      autoCleanup,
      isPreload,
      {
        ...includeInBackups,
        doc: 'Whether a backup takes it unless told otherwise. Default: yes, unless it is removed after use.',
        defaultOf: (qube: Qube) => !qube.get(autoCleanup),
      },
      {
        ...defaultDispvm,
        doc: 'Template of the disposables it calls. Default: its own, so that nothing leaks to another network.',
        defaultOf: templateOf,
      },
    ],
    handlers: [...TEMPLATE_CHANGE, ...NO_START_WITHOUT_TEMPLATE, ...PRELOADED],
  },
);
