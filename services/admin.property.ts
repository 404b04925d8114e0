import { CHANGES_SYSTEM, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import { propertyServices } from '../lib/rpc/property-services.ts';

export const services = propertyServices({
  prefix: 'admin.property',
  title: 'the system',
  reads: READS_SYSTEM,
  changes: CHANGES_SYSTEM,
  holderOf: ({ app }) => app,
});
