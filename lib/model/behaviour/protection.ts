import { PermissionDenied, QubesVMNotFoundError } from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';
import { CREATED_BY } from './created-by.ts';
import { KEPT_FEATURES } from './kept-features.ts';

/** Clients know the part of the reference that refuses by this name. */
const EXTENSION = 'qubes.ext.admin.AdminExtension';

/** What callers must not do whatever policy says; the events are asked of the qube that calls. */
export const PROTECTION: readonly Handler<Qube>[] = [
  onQube('admin-permission:admin.vm.feature.Set', (_, { arg }) => protectFeature(arg)),
  onQube('admin-permission:admin.vm.feature.Remove', (_, { arg }) => protectFeature(arg)),
  onQube('admin-permission:admin.vm.tag.Set', (caller, { arg }) => {
    protectTag(caller, arg);
    requireCreator(caller, arg);
  }),
  onQube('admin-permission:admin.vm.tag.Remove', (caller, { arg }) => protectTag(caller, arg)),
];

function protectFeature(feature: string): void {
  if (!KEPT_FEATURES.has(feature)) return;
  throw new PermissionDenied(`changing this feature is prohibited by ${EXTENSION}`);
}

/** Who created a qube is what policy goes by, so only dom0 may say it. */
function protectTag(caller: Qube, tag: string): void {
  if (!tag.startsWith(CREATED_BY) || caller.className === 'AdminVM') return;
  throw new PermissionDenied(`changing this tag is prohibited by ${EXTENSION}`);
}

function requireCreator(caller: Qube, tag: string): void {
  if (!tag.startsWith(CREATED_BY)) return;
  const name = tag.slice(CREATED_BY.length);
  if (caller.system.qubes.find(name) === undefined) throw QubesVMNotFoundError.of(name);
}
