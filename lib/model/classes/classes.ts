import type { QubeClass, QubeClassName } from '../qube.ts';
import { ADMIN_VM } from './admin-vm.ts';
import { APP_VM } from './app-vm.ts';
import { DISP_VM } from './disp-vm.ts';
import { REMOTE_VM } from './remote-vm.ts';
import { STANDALONE_VM } from './standalone-vm.ts';
import { TEMPLATE_VM } from './template-vm.ts';

/** All classes of qubes, in the order in which clients see them. */
export const QUBE_CLASSES: Readonly<Record<QubeClassName, QubeClass>> = {
  AppVM: APP_VM,
  TemplateVM: TEMPLATE_VM,
  StandaloneVM: STANDALONE_VM,
  AdminVM: ADMIN_VM,
  DispVM: DISP_VM,
  RemoteVM: REMOTE_VM,
};
