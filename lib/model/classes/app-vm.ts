import { TEMPLATE_CHANGE } from '../behaviour/template-change.ts';
import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { DVM_TEMPLATE_MIXIN } from '../mixins/dvm-template.ts';
import { LOCAL_VM } from '../mixins/local-vm.ts';
import { NET_VM_MIXIN } from '../mixins/net-vm.ts';
import { icon, label } from '../properties/base.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import { template } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { fromTemplate, KERNEL, own, PRIVATE_SIZE, ROOT_SIZE, volatile } from './volumes.ts';

/** A qube with a template: its root volume begins anew at each start, its private one stays. */
export const APP_VM = defineClass(
  {
    name: 'AppVM',
    folder: 'appvms',
    volumes: [fromTemplate('root'), own('private', PRIVATE_SIZE), volatile(ROOT_SIZE), KERNEL],
  },
  BASE_VM,
  LOCAL_VM,
  NET_VM_MIXIN,
  DVM_TEMPLATE_MIXIN,
  {
    properties: [
      template,
      {
        ...icon,
        defaultOf: (qube: Qube) =>
          qube.get(templateForDispvms)
            ? `templatevm-${qube.get(label).name}`
            : icon.defaultOf?.(qube),
      },
    ],
    handlers: TEMPLATE_CHANGE,
  },
);
