import { createLog } from '../base/log.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { reasonOf } from '../base/errors.ts';
import { untilUp } from '../hypervisor/until-up.ts';

// The services qubes.WaitForRunningSystem, qubes.WaitForSession and qubes.WaitForNetworkUplink of the
// qubes of an embedded system, in place of those that ask systemd: nothing runs in such a qube but its
// services, so that once it is up it has all it will have.

untilUp(process.env['XDG_RUNTIME_DIR'] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    createLog().error(reasonOf(anyDiskError(error)));
    process.exit(1);
  },
);
