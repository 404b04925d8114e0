import * as z from 'zod/mini';

/** The file in a system's folder that says what its machine is like. */
export const MACHINE_FILE = 'machine.json';

const NO_SECONDS = 'it is no number of seconds up to a day';
const NO_HEX = (digits: number): string => `it is not ${digits} hex digits`;
const DAY = 86_400;
const MANY_MIB = 1024 * 1024 * 1024;

const Seconds = z.number(NO_SECONDS).check(z.minimum(0, NO_SECONDS), z.maximum(DAY, NO_SECONDS));
const Count = (unit: string, max: number) =>
  z
    .int(`it is no whole number of ${unit}`)
    .check(z.minimum(1, `it is no number of ${unit}`), z.maximum(max, `it is more than ${max}`));
const Text = z.string('it is no text').check(z.maxLength(1024, 'it is longer than 1024 letters'));
const hex = (digits: number) =>
  z.string(NO_HEX(digits)).check(z.regex(new RegExp(`^[0-9a-f]{${digits}}$`), NO_HEX(digits)));

const NO_OBJECT = 'it is not an object';
const object = <Shape extends z.core.$ZodShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `it has what nobody knows: ${issue.keys.join(', ')}`
        : NO_OBJECT,
  });

const NO_ADDRESS = 'it is no address of a PCI device such as 0000:00:14.0';

const Device = object({
  address: z
    .string(NO_ADDRESS)
    .check(z.regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, NO_ADDRESS)),
  vendorId: hex(4),
  deviceId: hex(4),
  classCode: hex(6),
  vendor: z.optional(Text),
  product: z.optional(Text),
});

const Failures = object({
  create: z.optional(Text),
  unpause: z.optional(Text),
  pause: z.optional(Text),
  suspend: z.optional(Text),
  wake: z.optional(Text),
  shutdown: z.optional(Text),
  destroy: z.optional(Text),
  attach: z.optional(Text),
  detach: z.optional(Text),
  shrink: z.optional(Text),
});

const Crash = object({
  /** Counted from the moment it runs. */
  afterSeconds: Seconds,
  /** Whether the dead qube is kept, to be looked at; else it goes at once. */
  remains: z.optional(z.boolean('it is neither true nor false')),
});

const Name = z.string().check(z.maxLength(63, 'it is too long for a name'));

/** What can be said of the machine of an embedded system; all of it can be left out. */
export const MachineSettings = object({
  /** Of the whole machine; that of this machine. */
  memoryMiB: z.optional(Count('MiB', MANY_MIB)),
  /** What of it is dom0's; 4096, but no more than a quarter. */
  adminMemoryMiB: z.optional(Count('MiB', MANY_MIB)),
  /** As many as this machine has. */
  cpus: z.optional(Count('processors', 4096)),
  /** Whether memory can be moved between running qubes; true. */
  balancesMemory: z.optional(z.boolean('it is neither true nor false')),
  /** What a qube keeps that is asked to keep only what it needs; all it has. */
  preferredMiB: z.optional(Count('MiB', MANY_MIB)),
  /** How long that takes; 0. */
  shrinkSeconds: z.optional(Seconds),
  /** None. */
  pciDevices: z.optional(
    z.array(Device, 'it is no list').check(z.maxLength(256, 'these are more than 256')),
  ),
  /** How long qubes take from their first instruction until they are up; 0. */
  startSeconds: z.optional(Seconds),
  /** How long qubes take to shut down; 0. `never` for qubes that do not listen. */
  shutdownSeconds: z.optional(
    z.union([Seconds, z.literal('never')], `${NO_SECONDS}, and not never`),
  ),
  /** Whether what runs in qubes can be sent to sleep; true. */
  canSleep: z.optional(z.boolean('it is neither true nor false')),
  /** By name of the qube and what is done: the message with which it fails. */
  failures: z.optional(z.record(Name, Failures, NO_OBJECT)),
  /** By name of the qube: when it dies. */
  crashes: z.optional(z.record(Name, Crash, NO_OBJECT)),
});

export type MachineSettings = z.output<typeof MachineSettings>;

/** What is done to a qube and can fail. */
export type MachineAction = keyof z.output<typeof Failures>;
