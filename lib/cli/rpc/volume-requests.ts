import * as z from 'zod';

import {
  assignment,
  flag,
  oneOf,
  path,
  qube,
  size,
  text,
  volume as volumeName,
  where,
  word,
} from './request-fields.ts';

/* Requests about volumes and the pools they are in. */

const ofVolume = { command: z.literal('volume'), ...where };

export const volume = z.discriminatedUnion('action', [
  z.strictObject({ ...ofVolume, action: z.literal('list'), names: z.array(qube).default([]) }),
  z.strictObject({ ...ofVolume, action: z.literal('info'), volume: volumeName }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('import'),
    volume: volumeName,
    file: path,
    size: size.optional(),
  }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('export'),
    volume: volumeName,
    file: path,
    force: flag,
  }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('resize'),
    volume: volumeName,
    newSize: size,
    force: flag,
  }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('revert'),
    volume: volumeName,
    revision: word.optional(),
  }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('clone'),
    from: volumeName,
    to: volumeName,
    yes: flag,
  }),
  z.strictObject({ ...ofVolume, action: z.literal('clear'), volume: volumeName, yes: flag }),
  z.strictObject({
    ...ofVolume,
    action: z.literal('set'),
    volume: volumeName,
    setting: oneOf('rw', 'revisions_to_keep', 'ephemeral'),
    value: text,
  }),
]);

const ofPool = { command: z.literal('pool'), ...where };

export const pool = z.discriminatedUnion('action', [
  z.strictObject({ ...ofPool, action: z.literal('list') }),
  z.strictObject({ ...ofPool, action: z.literal('info'), name: word }),
  z.strictObject({ ...ofPool, action: z.literal('drivers') }),
  z.strictObject({
    ...ofPool,
    action: z.literal('add'),
    name: word,
    driver: word,
    option: z.array(assignment).default([]),
  }),
  z.strictObject({ ...ofPool, action: z.literal('remove'), name: word }),
  z.strictObject({
    ...ofPool,
    action: z.literal('set'),
    name: word,
    setting: oneOf('revisions_to_keep', 'ephemeral_volatile'),
    value: text,
  }),
]);
