import * as z from 'zod';

import { look, oneOf, path, word } from './request-fields.ts';

/* Requests about the policy of a system. */

const NAME = 63;
const ARGUMENT = 255;

/** A source or target as it is written: which of them can be meant is for policy to say. */
const token = word.regex(/^[\x21-\x7e]{1,300}$/, 'it is no name of a qube');

/** `SERVICE`, or `SERVICE+ARGUMENT`. */
const policyCall = word
  .regex(/^[a-zA-Z0-9_.-]+(?:\+[a-zA-Z0-9_.+-]*)?$/, 'it is not of the form SERVICE[+ARG]')
  .transform((value) => {
    const [service = '', ...rest] = value.split('+');
    return { service, argument: rest.join('+') };
  })
  .refine(
    ({ service, argument }) => service.length <= NAME && argument.length <= ARGUMENT,
    `it is longer than ${NAME} characters and ${ARGUMENT} of the argument`,
  );

const ofPolicy = {
  command: z.literal('policy'),
  ...look,
  root: path.optional(),
  /** In place of those of the system. */
  folder: z.array(path).default([]),
  /** A file with an answer of `internal.GetSystemInfo`. */
  facts: path.optional(),
};

export const policy = z.discriminatedUnion('action', [
  z.strictObject({
    ...ofPolicy,
    action: oneOf('check', 'explain'),
    service: policyCall,
    source: token,
    target: token,
  }),
  z.strictObject({ ...ofPolicy, action: z.literal('lint'), files: z.array(path) }),
]);
