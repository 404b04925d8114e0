import { DEVICES } from '../behaviour/devices.ts';
import { FEATURE_RULES } from '../behaviour/feature-rules.ts';
import { LABEL_STAYS } from '../behaviour/label-stays.ts';
import { PROTECTION } from '../behaviour/protection.ts';
import type { ClassPart } from '../class-part.ts';
import { BASE_PROPERTIES } from '../properties/base.ts';

/** What all qubes have in common, also those of another machine. */
export const BASE_VM: ClassPart = {
  properties: BASE_PROPERTIES,
  handlers: [...PROTECTION, ...FEATURE_RULES, ...LABEL_STAYS, ...DEVICES],
};
