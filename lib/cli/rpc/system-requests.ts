import * as z from 'zod';

import { flag, look, oneOf, path, qube, serviceCall, where, word } from './request-fields.ts';

/* Requests about the system as a whole. */

export const init = z
  .strictObject({
    command: z.literal('init'),
    ...look,
    root: path.optional(),
    sample: flag,
    from: path.optional(),
  })
  .refine(({ sample, from }) => !(sample && from !== undefined), {
    message: '--sample and --from contradict each other',
    path: [],
  });

export const ls = z.strictObject({
  command: z.literal('ls'),
  ...where,
  names: z.array(qube).default([]),
  class: word.optional(),
  tag: word.optional(),
  running: flag,
  columns: word
    .transform((value) => value.split(','))
    .refine((columns) => columns.every(Boolean), 'a column has no name')
    .optional(),
});

export const labels = z
  .strictObject({
    command: z.literal('labels'),
    ...where,
    action: oneOf('list', 'create', 'remove').default('list'),
    name: word.optional(),
    color: word.optional(),
  })
  .refine(
    ({ action, name, color }) =>
      [name, color].filter((one) => one !== undefined).length ===
      { list: 0, remove: 1, create: 2 }[action],
    { message: 'create takes NAME and COLOR, remove NAME, list nothing', path: [] },
  );

export const call = z.strictObject({
  command: z.literal('call'),
  ...where,
  call: serviceCall,
  destination: qube.default('dom0'),
});

export const events = z.strictObject({
  command: z.literal('events'),
  ...where,
  qube: qube.optional(),
});
