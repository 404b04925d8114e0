import type { AdminService } from '../lib/rpc/admin-service.ts';
import { services as events } from './admin.Events.ts';
import { services as backup } from './admin.backup.ts';
import { services as deviceclass } from './admin.deviceclass.ts';
import { services as label } from './admin.label.ts';
import { services as pool } from './admin.pool.ts';
import { services as property } from './admin.property.ts';
import { services as create } from './admin.vm.Create.ts';
import { services as createDisposable } from './admin.vm.CreateDisposable.ts';
import { services as createInPool } from './admin.vm.CreateInPool.ts';
import { services as describe } from './admin.vm.Describe.ts';
import { services as stats } from './admin.vm.Stats.ts';
import { services as denied } from './admin.vm.device.denied.ts';
import { services as device } from './admin.vm.device.ts';
import { services as feature } from './admin.vm.feature.ts';
import { services as firewall } from './admin.vm.firewall.ts';
import { services as notes } from './admin.vm.notes.ts';
import { services as vmProperty } from './admin.vm.property.ts';
import { services as tag } from './admin.vm.tag.ts';
import { services as vm } from './admin.vm.ts';
import { services as volume } from './admin.vm.volume.ts';
import { services as vmclass } from './admin.vmclass.ts';
import { services as internal } from './internal.ts';
import { services as internalVolume } from './internal.vm.volume.ts';
import { services as featuresRequest } from './qubes.FeaturesRequest.ts';
import { services as notifyTools } from './qubes.NotifyTools.ts';
import { services as notifyUpdates } from './qubes.NotifyUpdates.ts';

/** All that the resident host serves. */
export const ADMIN_SERVICES: readonly AdminService[] = [
  ...events,
  ...backup,
  ...deviceclass,
  ...label,
  ...pool,
  ...property,
  ...vm,
  ...create,
  ...createInPool,
  ...createDisposable,
  ...describe,
  ...stats,
  ...device,
  ...denied,
  ...feature,
  ...firewall,
  ...notes,
  ...vmProperty,
  ...tag,
  ...volume,
  ...vmclass,
  ...internal,
  ...internalVolume,
  ...featuresRequest,
  ...notifyTools,
  ...notifyUpdates,
];
