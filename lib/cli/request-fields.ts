import * as z from 'zod';
import { parseSize } from '../base/size.ts';

/*
 * Fields of what a person asks of qubes-restore: every option with its type, its unit and its bounds.
 */
const MAX_JOBS = 256;
const MAX_STALL_SECONDS = 7 * 24 * 3600;
/** Largest N·r·p that a number still holds exactly. */
const MAX_COST = Number.MAX_SAFE_INTEGER;

export const text = z.string().min(1, 'it is empty').max(4096, 'it is longer than 4096 characters');
export const path = text.refine((value) => !value.includes('\0'), 'it contains a NUL');
const size = z.string().transform((value) => parseSize(value));
export const flag = z.boolean().default(false);
const whole = (max: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'it is not a whole number above 0')
    .transform(Number)
    .refine((value) => value <= max, `it is larger than ${max}`);
export const choices = z.array(text).default([]);
/** Names of qubes as Qubes OS allows them. */
export const qubeName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,30}$/, 'it is no name of a qube');

const archive = text.refine((value) => !value.includes('\0'), 'it contains a NUL');

export const where = {
  archive,
  /** The qube whose `qubes.Restore` is called, with `archive` as a location in it. */
  from: qubeName.optional(),
  /** Folder of the embedded system. */
  root: path.optional(),
  /** Seconds. */
  stallTimeout: whole(MAX_STALL_SECONDS).default(300),
};

export const look = { quiet: flag, verbose: flag, json: flag };

export const open = {
  /** A path, or `-` for standard input; absent: the person is asked. */
  passphraseFile: path.optional(),
  /** Bytes: 128·N·r. */
  maxKdfMemory: size.optional(),
  /** N·r·p. */
  maxKdfCost: whole(MAX_COST).optional(),
  compressionFilter: text.optional(),
};

export const work = {
  jobs: whole(MAX_JOBS).optional(),
  /** Bytes. */
  memory: size.optional(),
  scratch: path.optional(),
};
