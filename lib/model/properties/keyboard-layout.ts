import { QubesPropertyValueError } from '../../base/admin-error.ts';
import type { Property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { qubeOrNone, text } from '../rows.ts';
import { defaultGuivm } from './system.ts';

const FALLBACK = 'us++';

export const guivm = qubeOrNone<Qube>({
  name: 'guivm',
  stage: 4,
  doc: 'Qube that shows its windows. Default: default_guivm of the system.',
  defaultOf: ({ system }) => system.find(defaultGuivm),
});

export const keyboardLayout: Property<Qube, string> = text<Qube>({
  name: 'keyboard_layout',
  doc: 'Keyboard layout as layout+variant+options. Default: that of its GUI qube, else us++.',
  // Set along the chain of GUI qubes, which may lead back to where it began.
  defaultOf: (qube) => {
    const seen = new Set<Qube>([qube]);
    let next = qube.find(guivm);
    while (next !== null && next !== undefined && !seen.has(next)) {
      if (!next.isDefault(keyboardLayout)) return next.find(keyboardLayout) ?? FALLBACK;
      seen.add(next);
      next = next.find(guivm);
    }
    return FALLBACK;
  },
  check: (_, value) => {
    const parts = value.split('+');
    if (parts.length !== 3) refuse('invalid number of keyboard layout parameters');
    const [layout = '', variant = '', options = ''] = parts;
    if (!/^[a-zA-Z]+$/.test(layout)) refuse('Invalid keyboard layout provided');
    if (!/^[a-zA-Z0-9_-]*$/.test(variant)) refuse('Invalid layout variant provided');
    if (!/^[a-zA-Z0-9_:,-]*$/.test(options)) refuse('Invalid layout options provided');
    return value;
  },
});

/** dom0's own, which others inherit. */
export const adminKeyboardLayout = {
  ...keyboardLayout,
  doc: 'Keyboard layout as layout+variant+options.',
  defaultOf: () => FALLBACK,
};

function refuse(reason: string): never {
  throw new QubesPropertyValueError(reason);
}
