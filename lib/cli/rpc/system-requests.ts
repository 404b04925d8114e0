import { z } from 'zod';

import { flag, look, path, qube, where, word } from './request-fields.ts';

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
    action: z.enum(['list', 'create', 'remove']).default('list'),
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
  call: word.transform((value) => {
    const sign = value.indexOf('+');
    if (sign < 0) return { method: value, argument: '' };
    return { method: value.slice(0, sign), argument: value.slice(sign + 1) };
  }),
  destination: qube.default('dom0'),
});

export const events = z.strictObject({
  command: z.literal('events'),
  ...where,
  qube: qube.optional(),
});

export const host = z.strictObject({
  command: z.literal('host'),
  ...look,
  root: path.optional(),
  action: z.enum(['status', 'stop']),
});
