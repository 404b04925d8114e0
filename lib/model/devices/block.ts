import { QubesException, QubesValueError } from '../../base/admin-error.ts';
import { parseBoolean } from '../parse-value.ts';
import { kernel } from '../properties/kernel.ts';
import type { Qube } from '../qube.ts';
import type { Device } from './device.ts';
import { UNKNOWN_DEVICE } from './device.ts';
import type { AttachOptions, DeviceClass } from './device-class.ts';
import { readExposedEntries, safeText } from './exposed-entries.ts';
import type { ExposedEntries } from './exposed-entries.ts';
import { USB } from './usb.ts';

const FOLDER = '/qubes-block-devices';
const NAME = /^[a-z0-9-]{1,12}$/;
const FRONTEND = /^(?:xvd|sd)[a-z0-9]{1,8}$/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Disks of the qube itself; the last one is its kernel, where dom0 gives it one. */
const SYSTEM_DISKS = ['xvda', 'xvdb', 'xvdc'];
const KERNEL_DISK = 'xvdd';

/** Disks, partitions, drives: what a backend lists in its QubesDB. */
export const BLOCK: DeviceClass = {
  name: 'block',
  comesWithDomain: true,
  attachesLater: true,
  watched: FOLDER,
  async available(backend) {
    const entries = await readExposedEntries(backend, FOLDER, NAME);
    const parents = [...entries.values()].map((entry) => readParent(entry)?.deviceClass);
    const usb = parents.includes(USB.name) ? await USB.available(backend) : [];
    const identities = new Map(usb.map(({ port, device }) => [port, device]));
    return [...entries].map(([port, entry]) => ({
      deviceClass: BLOCK.name,
      backend: backend.name,
      port,
      device: identityOf(port, entries, identities),
      ...readDescription(entry),
      manufacturer: readManufacturer(backend, entry),
      interfaces: ['b******'],
      parent: readParent(entry),
      readOnly: safeText(entry.get('mode'), /[^rw]/g) === 'r',
    }));
  },
  prepare(qube, device, options, taken) {
    const told = new Map(options);
    for (const [option, value] of options) told.set(option, checkOption(option, value));
    const readOnly = told.get('read-only') ?? (device.readOnly === true ? 'yes' : 'no');
    told.set('read-only', readOnly);
    if (readOnly === 'no' && device.readOnly === true) {
      throw new QubesValueError('This device can be attached only read-only');
    }
    const used = new Set([
      ...systemDisks(qube),
      ...taken.flatMap((other) => other.get('frontend-dev') ?? []),
    ]);
    const kind = told.get('devtype') ?? 'disk';
    const frontend = told.get('frontend-dev') ?? freeFrontend(used, kind);
    if (used.has(frontend)) {
      throw new QubesValueError(`Frontend device ${frontend} is in use in ${qube.name}`);
    }
    told.set('frontend-dev', frontend);
    return { told, used: inOrder(readOnly, frontend, kind) };
  },
};

/** The order in which lists show them; what is a disk is not called one. */
function inOrder(readOnly: string, frontend: string, kind: string): AttachOptions['used'] {
  const options = new Map([
    ['read-only', readOnly],
    ['frontend-dev', frontend],
  ]);
  return kind === 'disk' ? options : options.set('devtype', kind);
}

function checkOption(option: string, value: string): string {
  switch (option) {
    case 'frontend-dev':
      if (FRONTEND.test(value)) return value;
      throw new QubesValueError(`Invalid frontend-dev option value: ${value}`);
    case 'read-only':
      return parseBoolean(value) ? 'yes' : 'no';
    case 'devtype':
      if (value === 'disk' || value === 'cdrom') return value;
      throw new QubesValueError("devtype option can only have 'disk' or 'cdrom' value");
    default:
      throw new QubesValueError(`Unsupported option ${option}`);
  }
}

function systemDisks(qube: Qube): readonly string[] {
  return (qube.find(kernel) ?? '') === '' ? SYSTEM_DISKS : [...SYSTEM_DISKS, KERNEL_DISK];
}

/** Only the first four disks can be booted from, so a CD is one of them if it can. */
function freeFrontend(used: ReadonlySet<string>, kind: string): string {
  if (kind === 'cdrom' && !used.has(KERNEL_DISK)) return KERNEL_DISK;
  for (const name of frontends()) if (!used.has(name)) return name;
  throw new QubesException('There is no free name for another disk');
}

/** The first eight are reserved and sometimes hidden, so they come last. */
function* frontends(): Generator<string> {
  for (const letter of LETTERS.slice(8)) yield `xvd${letter}`;
  for (const first of LETTERS) for (const second of LETTERS) yield `xvd${first}${second}`;
  for (const letter of LETTERS.slice(0, 8)) yield `xvd${letter}`;
}

/**
 * What a disk is, wherever it is plugged in: the identity of what it is a part of, and its number
 * there. Parents that lead in a circle are as good as unknown.
 */
function identityOf(
  port: string,
  entries: ExposedEntries,
  usb: ReadonlyMap<string, string>,
  seen: ReadonlySet<string> = new Set(),
): string {
  const parent = readParent(entries.get(port));
  if (parent === undefined) return `:${numberOf(port)}`;
  const inside = new Set(seen).add(port);
  const isKnown = parent.deviceClass === BLOCK.name && entries.has(parent.port);
  const identity =
    isKnown && !inside.has(parent.port)
      ? identityOf(parent.port, entries, usb, inside)
      : ((parent.deviceClass === USB.name ? usb.get(parent.port) : undefined) ?? UNKNOWN_DEVICE);
  return `${identity}:${parent.part === '' ? numberOf(port) : parent.part}`;
}

/** The number of a partition: that in which its name ends, in the reference's word where it does not. */
function numberOf(port: string): string {
  const digits = /\d+$/.exec(port)?.[0];
  return digits === undefined ? 'None' : String(Number(digits));
}

interface Parent {
  readonly deviceClass: string;
  readonly port: string;
  /** Interface of a USB device: `1.0`; empty for a partition of a disk. */
  readonly part: string;
}

/** `sda` or, of a USB device, port and interface: `4-4.1:1.0`. */
function readParent(entry: ReadonlyMap<string, Uint8Array> | undefined): Parent | undefined {
  const text = safeText(entry?.get('parent'), /[^!-~]/g);
  const [port = '', ...part] = text.split(':');
  if (port === '') return undefined;
  const deviceClass = part.length > 0 ? USB.name : BLOCK.name;
  return { deviceClass, port, part: part.join(':') };
}

function readManufacturer(backend: Qube, entry: ReadonlyMap<string, Uint8Array>): string {
  const parent = readParent(entry);
  if (parent === undefined) return `hosted by ${backend.name}`;
  return `sub-device of ${backend.name}:${parent.port}`;
}

/** `ACME_Disk (USB_Stick)`: model and label, with `_` for each space. */
function readDescription(entry: ReadonlyMap<string, Uint8Array>): Pick<Device, 'serial' | 'name'> {
  const untrusted = entry.get('desc');
  if (untrusted === undefined || untrusted.length === 0) return {};
  const text = safeText(untrusted, /[^a-zA-Z0-9()+,\-.:=_/ ]/g);
  const [model = '', ...rest] = text.split(' ');
  const label = rest.join(' ').slice(1, -1).replaceAll('_', ' ').trim();
  return {
    // A disk without a model has an empty serial number there, not an unknown one.
    serial: model.replaceAll('_', ' ').trim(),
    name: label === '' ? undefined : label,
  };
}
