import { DISPOSABLE_TEMPLATE } from '../behaviour/disposable-template.ts';
import { ICON_SHOWS_USE } from '../behaviour/icon.ts';
import { PRELOAD } from '../behaviour/preload.ts';
import { PRELOAD_FEATURES } from '../behaviour/preload-features.ts';
import { NO_START_BESIDE_DISPOSABLES } from '../behaviour/start-rules.ts';
import { TEMPLATE_CHANGE_OF_DISPOSABLES } from '../behaviour/template-change.ts';
import { TEMPLATE_HEIRS } from '../behaviour/template-heirs.ts';
import type { ClassPart } from '../class-part.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';

/** DVMTemplateMixin: what makes a qube a template of disposables. */
export const DVM_TEMPLATE_MIXIN: ClassPart = {
  properties: [templateForDispvms],
  handlers: [
    // First, so that its stock goes only when all the others agree to a change.
    ...PRELOAD,
    ...PRELOAD_FEATURES,
    ...TEMPLATE_HEIRS,
    ...DISPOSABLE_TEMPLATE,
    ...ICON_SHOWS_USE,
    ...TEMPLATE_CHANGE_OF_DISPOSABLES,
    ...NO_START_BESIDE_DISPOSABLES,
  ],
};
