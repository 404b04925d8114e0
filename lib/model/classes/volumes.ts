import type { VolumeKind } from '../qube.ts';
import { GiB } from '../../base/size.ts';

export const PRIVATE_SIZE = 2 * GiB;
export const ROOT_SIZE = 10 * GiB;

/** A volume of the qube's own, whose changes stay. */
export function own(name: 'root' | 'private', size: number): VolumeKind {
  return { name, rw: true, snapOnStart: false, saveOnStop: true, size };
}

/** A volume that begins as the template's, each time anew. */
export function fromTemplate(name: 'root' | 'private'): VolumeKind {
  return { name, rw: true, snapOnStart: true, saveOnStop: false, size: undefined };
}

/** A volume that is empty at each start. */
export function volatile(size: number): VolumeKind {
  return { name: 'volatile', rw: true, snapOnStart: false, saveOnStop: false, size };
}

export const KERNEL: VolumeKind = {
  name: 'kernel',
  rw: false,
  snapOnStart: false,
  saveOnStop: false,
  size: undefined,
};
