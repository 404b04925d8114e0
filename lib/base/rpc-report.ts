/**
 * The lines of `qubes-rpc --json`: the program writes nothing that this schema does not accept;
 * docs/json.md explains it. Texts come from a daemon, and are data: not to be shown raw.
 */
import { z } from 'zod';

import { errorEvent } from './report.ts';

/** A property: its value as on the wire, which is empty for none. */
const property = {
  value: z.string(),
  /** `str`, `int`, `bool`, `vm`, `label`. */
  valueType: z.string(),
  /** True when it follows its default. */
  default: z.boolean(),
};

/** Absent where it is about the whole system. */
const qube = z.string().optional();

export const rpcLine = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('qube'),
    name: z.string(),
    class: z.string(),
    state: z.string(),
    uuid: z.string().optional(),
    properties: z.record(z.string(), z.strictObject(property)),
    features: z.record(z.string(), z.string()),
    tags: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal('property'), qube, name: z.string(), ...property }),
  /** What a property would be without a value of its own; without a value where it has no default. */
  z.strictObject({
    type: z.literal('default'),
    qube,
    name: z.string(),
    value: z.string().optional(),
    valueType: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('help'), qube, name: z.string(), text: z.string() }),
  z.strictObject({
    type: z.literal('feature'),
    qube: z.string(),
    name: z.string(),
    value: z.string(),
  }),
  z.strictObject({ type: z.literal('tag'), qube: z.string(), name: z.string() }),
  z.strictObject({ type: z.literal('notes'), qube: z.string(), text: z.string() }),
  z.strictObject({
    type: z.literal('label'),
    name: z.string(),
    index: z.number().int(),
    color: z.string(),
  }),
  /** What `call` got: as text where it is UTF-8, else in base64. */
  z.strictObject({
    type: z.literal('reply'),
    method: z.string(),
    destination: z.string(),
    text: z.string().optional(),
    base64: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('event'),
    /** Name of a qube; null for the system. */
    subject: z.string().nullable(),
    event: z.string(),
    payload: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    type: z.literal('host'),
    root: z.string(),
    running: z.boolean(),
    pid: z.number().int().optional(),
    /** Seconds since it was started. */
    seconds: z.number().nonnegative().optional(),
    sockets: z.array(z.string()),
    qubes: z.number().int().optional(),
  }),
  /** Something was changed, and is on disk. */
  z.strictObject({
    type: z.literal('done'),
    command: z.string(),
    qube,
    name: z.string().optional(),
    root: z.string().optional(),
  }),
  errorEvent,
]);

export type RpcLine = z.infer<typeof rpcLine>;
