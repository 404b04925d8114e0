import { AUDIO } from '../behaviour/audio.ts';
import { BOOT_MODE } from '../behaviour/boot-mode.ts';
import { CREATED_BY_TAG } from '../behaviour/created-by.ts';
import { EXPORTED_FEATURES } from '../behaviour/exported-features.ts';
import { GUI } from '../behaviour/gui.ts';
import { helperTag } from '../behaviour/helper-tag.ts';
import { ICON_SHOWS_LABEL } from '../behaviour/icon.ts';
import { KERNEL } from '../behaviour/kernel.ts';
import { KEYBOARD_HEIRS } from '../behaviour/keyboard-heirs.ts';
import { MEMORY } from '../behaviour/memory.ts';
import { SERVICE_VM } from '../behaviour/service-vm.ts';
import { NO_START_WHILE_RESTORED } from '../behaviour/start-rules.ts';
import type { ClassPart } from '../class-part.ts';
import { guivm } from '../properties/keyboard-layout.ts';
import { audiovm, LOCAL_PROPERTIES } from '../properties/local.ts';

/** What all qubes of this machine have in common, dom0 excepted. */
export const LOCAL_VM: ClassPart = {
  properties: LOCAL_PROPERTIES,
  handlers: [
    ...helperTag(guivm),
    ...helperTag(audiovm),
    ...KEYBOARD_HEIRS,
    ...CREATED_BY_TAG,
    ...SERVICE_VM,
    ...ICON_SHOWS_LABEL,
    ...KERNEL,
    ...MEMORY,
    ...BOOT_MODE,
    ...NO_START_WHILE_RESTORED,
    ...EXPORTED_FEATURES,
    ...GUI,
    ...AUDIO,
  ],
};
