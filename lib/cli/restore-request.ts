import { resolve } from 'node:path';
import { z } from 'zod';
import { parseSize } from '../base/size.ts';

/**
 * What a person asks of qubes-restore, as the command line is parsed to: every option with its
 * type, its unit and its bounds. Options exist only for the commands they mean something to;
 * `restore-command.ts` sees to that.
 */
const MAX_JOBS = 256;
const MAX_STALL_SECONDS = 7 * 24 * 3600;
/** Largest N·r·p that a number still holds exactly. */
const MAX_COST = Number.MAX_SAFE_INTEGER;

const text = z.string().min(1, 'it is empty').max(4096, 'it is longer than 4096 characters');
const path = text.refine((value) => !value.includes('\0'), 'it contains a NUL');
const size = z.string().transform((value) => parseSize(value));
const flag = z.boolean().default(false);
const whole = (max: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'it is not a whole number above 0')
    .transform(Number)
    .refine((value) => value <= max, `it is larger than ${max}`);
const choices = z.array(text).default([]);
/** Names of qubes as Qubes OS allows them. */
const qubeName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,30}$/, 'it is no name of a qube');

const archive = text.refine((value) => !value.includes('\0'), 'it contains a NUL');

const where = {
  archive,
  /** The qube whose `qubes.Restore` is called, with `archive` as a location in it. */
  from: qubeName.optional(),
  /** Folder of the embedded system. */
  root: path.optional(),
  /** Seconds. */
  stallTimeout: whole(MAX_STALL_SECONDS).default(300),
};

const look = { quiet: flag, verbose: flag, json: flag };

const open = {
  /** A path, or `-` for standard input; absent: the person is asked. */
  passphraseFile: path.optional(),
  /** Bytes: 128·N·r. */
  maxKdfMemory: size.optional(),
  /** N·r·p. */
  maxKdfCost: whole(MAX_COST).optional(),
  compressionFilter: text.optional(),
};

const work = {
  jobs: whole(MAX_JOBS).optional(),
  /** Bytes. */
  memory: size.optional(),
  scratch: path.optional(),
};

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
  .discriminatedUnion('command', [info, list, verify, extract, cat])
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
  .refine(({ root, from }) => root === undefined || from !== undefined, {
    message: '--root means something only together with --from',
    path: [],
  });

export type RestoreRequest = z.infer<typeof restoreRequest>;
export type InfoRequest = z.infer<typeof info>;
export type ListRequest = z.infer<typeof list>;
export type WorkRequest = z.infer<typeof verify> | z.infer<typeof extract>;
export type CatRequest = z.infer<typeof cat>;
export type OpenRequest = Exclude<RestoreRequest, InfoRequest>;
