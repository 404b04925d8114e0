import { BOOT_MODE_OF_TEMPLATE } from '../behaviour/boot-mode.ts';
import { REFRESHES_STOCKS } from '../behaviour/preload.ts';
import { TEMPLATE_HEIRS } from '../behaviour/template-heirs.ts';
import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { LOCAL_VM } from '../mixins/local-vm.ts';
import { NET_VM_MIXIN } from '../mixins/net-vm.ts';
import { appvmDefaultBootmode } from '../properties/appvm-default-bootmode.ts';
import { icon, label } from '../properties/base.ts';
import { netvmOfTemplate } from '../properties/netvm.ts';
import type { Qube } from '../qube.ts';
import { KERNEL, own, PRIVATE_SIZE, ROOT_SIZE, volatile } from './volumes.ts';

/** A qube that others start from. */
export const TEMPLATE_VM = defineClass(
  {
    name: 'TemplateVM',
    folder: 'vm-templates',
    volumes: [own('root', ROOT_SIZE), own('private', PRIVATE_SIZE), volatile(ROOT_SIZE), KERNEL],
  },
  BASE_VM,
  LOCAL_VM,
  NET_VM_MIXIN,
  {
    properties: [
      appvmDefaultBootmode,
      netvmOfTemplate,
      { ...icon, defaultOf: (qube: Qube) => `templatevm-${qube.get(label).name}` },
    ],
    handlers: [...BOOT_MODE_OF_TEMPLATE, ...TEMPLATE_HEIRS, ...REFRESHES_STOCKS],
  },
);
