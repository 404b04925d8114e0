import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { guivm, keyboardLayout } from '../properties/keyboard-layout.ts';
import type { PropertyValue } from '../property.ts';
import type { Qube } from '../qube.ts';

/** A new keyboard layout is news for the qubes that have none of their own and are shown here. */
export const KEYBOARD_HEIRS: readonly Handler<Qube>[] = [
  onQube('property-set:keyboard_layout', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceToHeirs(qube, oldvalue);
  }),
  // Under its old name, which alone is not also used for announcements like these.
  onQube('property-del:keyboard_layout', (qube, { oldvalue }) => announceToHeirs(qube, oldvalue)),
];

function announceToHeirs(qube: Qube, oldvalue: PropertyValue | undefined): void {
  for (const heir of heirsOf(qube)) {
    heir.fire('property-reset:keyboard_layout', {
      name: keyboardLayout.name,
      ...(oldvalue === undefined ? {} : { oldvalue }),
    });
  }
}

/** Those shown by the qube, and by those in turn; GUI qubes may refer to each other in a circle. */
function heirsOf(qube: Qube): readonly Qube[] {
  const seen = new Set([qube]);
  for (const one of seen) {
    for (const other of qube.system.qubes) {
      if (other.find(guivm) === one && other.isDefault(keyboardLayout)) seen.add(other);
    }
  }
  seen.delete(qube);
  return [...seen];
}
