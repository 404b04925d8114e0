import { DEVICE_CLASSES } from '../device-assignments.ts';
import { BLOCK } from './block.ts';
import type { DeviceClass } from './device-class.ts';
import { MIC } from './mic.ts';
import { PCI } from './pci.ts';
import { USB } from './usb.ts';

const TABLE: Readonly<Record<(typeof DEVICE_CLASSES)[number], DeviceClass>> = {
  pci: PCI,
  block: BLOCK,
  usb: USB,
  mic: MIC,
};

/** All classes of devices. */
export const DEVICE_KINDS: readonly DeviceClass[] = DEVICE_CLASSES.map((name) => TABLE[name]);

/** @returns undefined for a class that came with another package */
export function deviceClassNamed(name: string): DeviceClass | undefined {
  return DEVICE_KINDS.find((one) => one.name === name);
}
