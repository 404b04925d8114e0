import { UsageError } from './errors.ts';
import { printable } from './printable.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/**
 * A size as a person types it: `512M`, `4GiB`, `1.5g`, `4096`. Units are powers of 1024.
 * @returns bytes, at least 1
 * @throws UsageError when it is no such size
 */
export function parseSize(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGTP])(?:iB|B)?|B)?$/i.exec(text.trim());
  const power = match?.[2] === undefined ? 0 : 'KMGTP'.indexOf(match[2].toUpperCase()) + 1;
  const bytes = match === null ? NaN : Math.floor(Number(match[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UsageError(`Cannot read the size "${printable(text)}": write it like 512M or 2GiB`);
  }
  return bytes;
}

/** A size for people: `1.2 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
