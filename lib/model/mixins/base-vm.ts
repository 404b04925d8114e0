import type { ClassPart } from '../class-part.ts';
import { BASE_PROPERTIES } from '../properties/base.ts';

/** What all qubes have in common, also those of another machine. */
export const BASE_VM: ClassPart = { properties: BASE_PROPERTIES, handlers: [] };
