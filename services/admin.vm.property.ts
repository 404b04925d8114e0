import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import { propertyServices } from '../lib/rpc/property-services.ts';

export const services = propertyServices({
  prefix: 'admin.vm.property',
  title: 'a qube',
  reads: READS_QUBE,
  changes: CHANGES_QUBE,
  holderOf: ({ destination }) => destination,
});
