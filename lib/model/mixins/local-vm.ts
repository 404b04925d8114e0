import type { ClassPart } from '../class-part.ts';
import { LOCAL_PROPERTIES } from '../properties/local.ts';

/** What all qubes of this machine have in common, dom0 excepted. */
export const LOCAL_VM: ClassPart = { properties: LOCAL_PROPERTIES, handlers: [] };
