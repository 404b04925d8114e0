import { creationServices } from '../lib/rpc/creation-services.ts';

export const services = creationServices('admin.vm.Create', false);
