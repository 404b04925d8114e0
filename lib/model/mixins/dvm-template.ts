import type { ClassPart } from '../class-part.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';

/** DVMTemplateMixin: what makes a qube a template of disposables. */
export const DVM_TEMPLATE_MIXIN: ClassPart = { properties: [templateForDispvms], handlers: [] };
