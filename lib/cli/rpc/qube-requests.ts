import * as z from 'zod';

import { assignment, flag, oneOf, path, pools, qube, text, where, word } from './request-fields.ts';

/* Requests about single qubes. */

export const create = z.strictObject({
  command: z.literal('create'),
  ...where,
  name: qube,
  class: word.default('AppVM'),
  label: word.default('red'),
  template: qube.optional(),
  pool: pools,
  prop: z.array(assignment).default([]),
});

export const remove = z.strictObject({
  command: z.literal('remove'),
  ...where,
  names: z.array(qube),
  yes: flag,
});

export const prefs = z
  .strictObject({
    command: z.literal('prefs'),
    ...where,
    words: z.array(text).default([]),
    system: flag,
    default: flag,
    reset: flag,
    helpProperty: flag,
  })
  .transform(({ words, ...rest }) => {
    const [property, value, ...others] = rest.system ? words : words.slice(1);
    return { ...rest, qube: rest.system ? undefined : words[0], property, value, others };
  })
  .refine((request) => request.system || qube.safeParse(request.qube).success, {
    message: 'name a qube, or say --system',
    path: [],
  })
  .refine(({ others }) => others.length === 0, { message: 'too many arguments', path: [] })
  .refine(
    ({ default: isDefault, reset, helpProperty, property, value }) => {
      const wanted = [isDefault, reset, helpProperty].filter(Boolean).length;
      return wanted === 0 || (wanted === 1 && property !== undefined && value === undefined);
    },
    {
      message: '--default, --reset and --help-property take a property and no value',
      path: [],
    },
  );

export const features = z
  .strictObject({
    command: z.literal('features'),
    ...where,
    qube,
    feature: word.optional(),
    value: text.optional(),
    unset: flag,
  })
  .refine(({ unset, feature, value }) => !unset || (feature !== undefined && value === undefined), {
    message: '--unset takes a feature and no value',
    path: [],
  });

export const tags = z
  .strictObject({
    command: z.literal('tags'),
    ...where,
    qube,
    action: oneOf('list', 'add', 'del').default('list'),
    tags: z.array(word).default([]),
  })
  .refine((request) => (request.action === 'list') === (request.tags.length === 0), {
    message: 'add and del take tags, list takes none',
    path: [],
  });

export const notes = z
  .strictObject({
    command: z.literal('notes'),
    ...where,
    qube,
    set: path.optional(),
    delete: flag,
  })
  .refine((request) => !(request.delete && request.set !== undefined), {
    message: '--set and --delete contradict each other',
    path: [],
  });
