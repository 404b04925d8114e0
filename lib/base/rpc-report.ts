/**
 * The lines of `qubes-rpc --json`: the program writes nothing that this schema does not accept;
 * docs/json.md explains it. Texts come from a daemon, and are data: not to be shown raw.
 */
import * as z from 'zod';

import { errorEvent, progressEvent } from './report.ts';

const bytes = z.number().int().nonnegative();

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

/** A line of a policy file. */
const rulePlace = z.strictObject({
  file: z.string(),
  /** From 1; 0 for what goes without saying at the end of a file of Qubes 4.0. */
  line: z.number().int().nonnegative(),
  text: z.string(),
});

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
  z.strictObject({
    type: z.literal('volume'),
    qube: z.string(),
    name: z.string(),
    pool: z.string(),
    /** Its name in the pool. */
    vid: z.string(),
    size: bytes,
    usage: bytes,
    rw: z.boolean(),
    /** The volume it begins from at each start; empty for none. */
    source: z.string(),
    path: z.string(),
    saveOnStop: z.boolean(),
    snapOnStart: z.boolean(),
    revisionsToKeep: z.number().int(),
    ephemeral: z.boolean(),
    outdated: z.boolean().optional(),
    /** Ids of older states, oldest first; only by `info`. */
    revisions: z.array(z.string()).optional(),
  }),
  z.strictObject({
    type: z.literal('pool'),
    name: z.string(),
    driver: z.string(),
    size: bytes.optional(),
    usage: bytes.optional(),
    /** The pool that it is a part of. */
    includedIn: z.string().optional(),
    /** What else the daemon tells of it. */
    config: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    type: z.literal('driver'),
    name: z.string(),
    options: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('device'),
    class: z.string(),
    backend: z.string(),
    port: z.string(),
    /** What it is; `*` where a qube is to have whatever is at the port. */
    device: z.string(),
    /** Whether it is there now. */
    present: z.boolean(),
    facts: z.record(z.string(), z.string()),
    uses: z.array(
      z.strictObject({
        qube: z.string(),
        /** `attached` now, or how it is assigned: `auto-attach`, `ask-to-attach`, `required`. */
        mode: z.string(),
        options: z.record(z.string(), z.string()),
      }),
    ),
  }),
  /** A kind of interfaces that no device of the qube may have. */
  z.strictObject({ type: z.literal('denied'), qube: z.string(), interface: z.string() }),
  z.strictObject({
    type: z.literal('rule'),
    qube: z.string(),
    /** From 0, as `firewall remove` takes it. */
    number: z.number().int().nonnegative(),
    rule: z.record(z.string(), z.string()),
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
  /** The host as a unit of systemd. */
  z.strictObject({
    type: z.literal('unit'),
    unit: z.string(),
    enabled: z.boolean(),
    running: z.boolean(),
    /** Folder of its system. */
    root: z.string(),
    /** Whether the daemon of Qubes OS is masked for it. */
    replacesQubesd: z.boolean(),
    /** Units of ours in place of stock ones of these names. */
    replacedUnits: z.array(z.string()),
  }),
  /** A service of ours. */
  z.strictObject({
    type: z.literal('service'),
    name: z.string(),
    family: z.string(),
    /** Not so when its package has gone, and something of it is left. */
    installed: z.boolean(),
    /** Whose service answers a call now. */
    inForce: z.enum(['ours', 'stock', 'none']),
    /** Whether a person has taken it over, or the host has. */
    takenOver: z.boolean(),
    /** What a call finds. */
    path: z.string().optional(),
    /** What it would find without ours. */
    stock: z.string().optional(),
  }),
  /** What policy says to a call. */
  z.strictObject({
    type: z.literal('verdict'),
    service: z.string(),
    argument: z.string(),
    source: z.string(),
    /** As it was asked for. */
    target: z.string(),
    verdict: z.enum(['allow', 'ask', 'deny']),
    /** Where the call goes, or what the person can choose from: a name, or `@dispvm:NAME`. */
    targets: z.array(z.string()),
    defaultTarget: z.string().optional(),
    /** For a qube of another machine: the qube and the service that bring the call there. */
    relay: z.strictObject({ qube: z.string(), service: z.string() }).optional(),
    user: z.string().optional(),
    autostart: z.boolean().optional(),
    notify: z.boolean(),
    /** Why it is refused. */
    reason: z.string().optional(),
    rule: rulePlace.optional(),
  }),
  /** A rule that was compared with the call; without a difference where it decides. */
  z.strictObject({
    type: z.literal('compared'),
    ...rulePlace.shape,
    difference: z.enum(['argument', 'source', 'target']).optional(),
  }),
  /** Something in a policy file: with an error, every call is refused. */
  z.strictObject({
    type: z.literal('finding'),
    severity: z.enum(['error', 'warning']),
    file: z.string(),
    /** From 1; 0 for the file as a whole. */
    line: z.number().int().nonnegative(),
    message: z.string(),
  }),
  /** Something was changed, and is on disk. */
  z.strictObject({
    type: z.literal('done'),
    command: z.string(),
    qube,
    name: z.string().optional(),
    root: z.string().optional(),
  }),
  /** Something that could not be done, while the rest went on. */
  z.strictObject({ type: z.literal('warning'), message: z.string(), qube }),
  progressEvent,
  errorEvent,
]);

export type RpcLine = z.infer<typeof rpcLine>;
