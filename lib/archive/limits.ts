import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { GiB, KiB, MiB } from '../base/size.ts';
import type { Limits } from './api.ts';

/** Default work limit of a derivation, N·r·p: 32 times what the scrypt program chooses. */
const KDF_COST = 2 ** 28;
/** The scrypt program itself never takes more for a new file. */
const MAX_KDF_MEMORY = 4 * GiB;
/** Beyond this more memory makes nothing faster: it holds the chunks of eighty files. */
const MAX_MEMORY = 8 * GiB;

/** `backup-header` and its MAC; the reference refuses more, too. */
export const MAX_HEADER_BYTES = 4 * KiB;
/** Ciphertext of `qubes.xml`; a system of a thousand qubes has 2 MB before compression. */
export const MAX_METADATA_CIPHERTEXT = 32 * MiB;
/** `qubes.xml` unpacked. */
export const MAX_METADATA_BYTES = 64 * MiB;
/** Chunks of one file that may wait for their turn; of 100 MiB each they are far more than memory. */
export const MAX_CHUNKS_AHEAD = 1024;
/** Files of one qube; Qubes writes at most seven. */
export const MAX_PARTS_OF_QUBE = 64;
/** Foreign members that are named one by one; beyond it something else is wrong with the archive. */
export const MAX_FOREIGN_REPORTED = 100;

/** Node itself, and blocks on their way between the stages. */
const WORKING_MEMORY = 160 * MiB;
/** A process that derives keys, besides what the derivation takes. */
const KEY_PROCESS_MEMORY = 48 * MiB;

/** What the program takes besides chunks and derivations, with `jobs` processes for keys. */
export function workingMemory(jobs: number): number {
  return WORKING_MEMORY + jobs * KEY_PROCESS_MEMORY;
}

/** The limits that hold when the person sets none: they follow the memory that is free now. */
export function defaultLimits(): Limits {
  const free = availableMemory();
  return {
    memory: Math.min(MAX_MEMORY, Math.floor(free * 0.75)),
    kdfMemory: Math.min(MAX_KDF_MEMORY, Math.floor(free / 2)),
    kdfCost: KDF_COST,
  };
}

/** Memory that can be had without swapping; caches count as free, unlike in `os.freemem`. */
function availableMemory(): number {
  try {
    const match = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    if (match?.[1] !== undefined) return Number(match[1]) * KiB;
  } catch {
    // no /proc
  }
  return freemem();
}
