import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { DVM_TEMPLATE_MIXIN } from '../mixins/dvm-template.ts';
import { LOCAL_VM } from '../mixins/local-vm.ts';
import { NET_VM_MIXIN } from '../mixins/net-vm.ts';
import { KERNEL, own, PRIVATE_SIZE, ROOT_SIZE, volatile } from './volumes.ts';

/** A qube without template: all its volumes are its own. */
export const STANDALONE_VM = defineClass(
  {
    name: 'StandaloneVM',
    folder: 'appvms',
    volumes: [own('root', ROOT_SIZE), own('private', PRIVATE_SIZE), volatile(ROOT_SIZE), KERNEL],
  },
  BASE_VM,
  LOCAL_VM,
  NET_VM_MIXIN,
  DVM_TEMPLATE_MIXIN,
);
