import { resolve } from 'node:path';
import * as z from 'zod';
import { choices, flag, look, open, path, where, work } from './request-fields.ts';
import { contradiction, plan, run } from './restore/plan-request.ts';

/*
 * What a person asks of qubes-restore, as the command line is parsed to. Options exist only for the
 * commands they mean something to; `restore-command.ts` sees to that.
 */
const choose = { parts: choices, exclude: choices, digest: flag, failFast: flag };

/** `info` has no use for most of these: whoever gives all commands the same options may do so. */
const info = z.strictObject({ command: z.literal('info'), ...where, ...look, ...open });
const list = z.strictObject({ command: z.literal('list'), ...where, ...look, ...open, ...work });
const verify = z.strictObject({
  command: z.literal('verify'),
  ...where,
  ...look,
  ...open,
  ...work,
  ...choose,
});
const extract = verify.extend({
  command: z.literal('extract'),
  into: path.transform((value) => resolve(value)),
});
const cat = z.strictObject({
  command: z.literal('cat'),
  ...where,
  ...look,
  ...open,
  ...work,
  part: z
    .string()
    .regex(/^[^:]+:[^:]+$/, 'it is not of the form QUBE:PART')
    .transform((value) => {
      const colon = value.indexOf(':');
      return { qube: value.slice(0, colon), part: value.slice(colon + 1) };
    }),
});

/** Accepts or refuses what commander read, per command. */
export const restoreRequest = z
  .discriminatedUnion('command', [info, list, verify, extract, cat, plan, run])
  .refine(({ quiet, verbose }) => !(quiet && verbose), {
    message: '--quiet and --verbose contradict each other',
    path: [],
  })
  .refine(
    (request) =>
      !(
        'passphraseFile' in request &&
        request.passphraseFile === '-' &&
        request.archive === '-' &&
        request.from === undefined
      ),
    {
      message: 'the archive and the passphrase cannot both come from standard input',
      path: [],
    },
  )
  .refine(({ archive: location, from }) => from === undefined || !/[\r\n]/.test(location), {
    message: 'a location in a qube cannot contain a line break',
    path: [],
  })
  .superRefine((request, context) => {
    const message =
      request.command === 'plan' || request.command === 'run'
        ? contradiction(request)
        : request.root !== undefined && request.from === undefined
          ? '--root means something only together with --from'
          : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', message, path: [] });
  });

export type RestoreRequest = z.infer<typeof restoreRequest>;
export type InfoRequest = z.infer<typeof info>;
export type ListRequest = z.infer<typeof list>;
export type WorkRequest = z.infer<typeof verify> | z.infer<typeof extract>;
export type { PlanRequest, RunRequest } from './restore/plan-request.ts';
export type CatRequest = z.infer<typeof cat>;
export type OpenRequest = Exclude<RestoreRequest, InfoRequest>;
