import * as z from 'zod';

import { FAMILIES } from '../takeover/installed-services.ts';
import { flag, look, oneOf, path, word } from './request-fields.ts';

/* Requests about what is installed on a machine. */

/** An absolute path, in the machine as well as from here. */
const place = path.refine((value) => value.startsWith('/'), 'it does not begin with /');

const serviceName = word.regex(/^[a-zA-Z0-9_.-]{1,63}$/, 'it is no name of a service');

export const services = z
  .strictObject({
    command: z.literal('services'),
    ...look,
    action: oneOf('status', 'enable', 'disable').default('status'),
    names: z.array(serviceName).default([]),
    family: z.array(oneOf(...FAMILIES)).default([]),
    all: flag,
    sysroot: place.default('/'),
  })
  .transform((request) => {
    const isNone = request.names.length + request.family.length === 0;
    // Looking at all is what is meant where nothing is named.
    return request.action === 'status' && isNone ? { ...request, all: true } : request;
  })
  .refine(({ names, family, all }) => all !== names.length + family.length > 0, {
    message: 'name services, or say --family or --all',
    path: [],
  });

export const host = z
  .strictObject({
    command: z.literal('host'),
    ...look,
    root: path.optional(),
    action: oneOf('status', 'stop', 'enable', 'disable'),
    replaceQubesd: flag,
    sysroot: place.default('/'),
  })
  .refine(({ action, replaceQubesd }) => action === 'enable' || !replaceQubesd, {
    message: '--replace-qubesd goes with enable',
    path: [],
  })
  .refine(({ action, root }) => action !== 'disable' || root === undefined, {
    message: 'disable takes no --root: a machine has one host',
    path: [],
  })
  .refine(({ action, root }) => action !== 'enable' || (root ?? '/').startsWith('/'), {
    message: 'enable takes a --root that begins with /',
    path: [],
  });
