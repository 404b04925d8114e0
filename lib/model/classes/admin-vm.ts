import { KEYBOARD_HEIRS } from '../behaviour/keyboard-heirs.ts';
import { MEMINFO_WRITER_IS_MAXMEM } from '../behaviour/memory.ts';
import { GLOBAL_PRELOAD_FEATURES } from '../behaviour/preload-features.ts';
import { PRELOAD_OF_SYSTEM } from '../behaviour/preload.ts';
import { defineClass } from '../class-part.ts';
import { BASE_VM } from '../mixins/base-vm.ts';
import { icon } from '../properties/base.ts';
import { devicesDenied } from '../properties/devices-denied.ts';
import { name, qid, uuid } from '../properties/identity.ts';
import { adminKeyboardLayout } from '../properties/keyboard-layout.ts';
import { defaultDispvm, includeInBackups } from '../properties/local.ts';
import { computed } from '../rows.ts';
import type { Property, PropertyValue } from '../property.ts';
import type { Qube } from '../qube.ts';

export const ADMIN_NAME = 'dom0';
const ADMIN_UUID = '00000000-0000-0000-0000-000000000000';

function fixed<Value extends PropertyValue>(
  row: Property<unknown, Value>,
  value: Value,
): Property<Qube, Value> {
  return {
    ...row,
    readOnly: true,
    writeOnce: false,
    cloned: true,
    doc: '',
    defaultOf: () => value,
  };
}

const maxmem = computed<Qube, number>(
  'int',
  'maxmem',
  'Memory it may use at most, in MiB.',
  ({ system }) => system.hypervisor.host.adminMemoryMiB,
);

const updateable = computed<Qube, boolean>(
  'bool',
  'updateable',
  'Whether updates are installed in it.',
  () => true,
);

/** dom0: the qube that administers the others. */
export const ADMIN_VM = defineClass({ name: 'AdminVM', folder: undefined, volumes: [] }, BASE_VM, {
  properties: [
    fixed(name, ADMIN_NAME),
    fixed(qid, 0),
    // What is sent for it is judged as a text first, not as a UUID.
    { ...fixed(name, ADMIN_UUID), name: uuid.name },
    { ...icon, defaultOf: () => 'adminvm-black' },
    includeInBackups,
    defaultDispvm,
    devicesDenied,
    adminKeyboardLayout,
    { ...maxmem, saved: true },
    { ...updateable, saved: true },
  ],
  handlers: [
    ...KEYBOARD_HEIRS,
    ...MEMINFO_WRITER_IS_MAXMEM,
    ...GLOBAL_PRELOAD_FEATURES,
    ...PRELOAD_OF_SYSTEM,
  ],
});
