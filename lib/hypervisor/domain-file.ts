import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import * as z from 'zod/mini';

import { QubesException } from '../base/admin-error.ts';
import { readBootId } from '../base/boot-id.ts';
import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Domain, Domains, DomainStore } from './domain.ts';

const FILE = join('run', 'domains.json');
/** Of the folder, if it has to be made: other users have no business there. */
const RUN_MODE = 0o750;

const SavedDomain = z.strictObject({
  uuid: z.string(),
  name: z.string(),
  memoryMiB: z.number(),
  keptMiB: z.optional(z.number()),
  maxMemoryMiB: z.number(),
  vcpus: z.number(),
  state: z.enum(['Transient', 'Running', 'Paused', 'Suspended', 'Halting', 'Crashed']),
  xid: z.int(),
  startTime: z.number(),
  hasRun: z.boolean(),
  devices: z.array(
    z.strictObject({
      deviceClass: z.string(),
      backend: z.string(),
      port: z.string(),
      device: z.string(),
      options: z.record(z.string(), z.string()),
    }),
  ),
  dues: z.array(z.strictObject({ at: z.number(), to: z.enum(['Running', 'Halted', 'Crashed']) })),
});

const Saved = z.strictObject({
  /** Of the machine's start since which they run. */
  bootId: z.string(),
  lastXid: z.int(),
  domains: z.array(SavedDomain),
});

/**
 * What runs on an embedded system, in its file `run/domains.json`: a host that is started again
 * finds it there. It is there completely or not at all, but the disk is not waited for: nothing that
 * runs outlives the machine.
 */
export class DomainFile implements DomainStore {
  readonly #path: string;
  readonly #bootId: () => string;

  /**
   * @param root folder of the system
   * @param bootId another one each time that the machine is started
   */
  constructor(root: string, bootId = readBootId) {
    this.#path = join(root, FILE);
    this.#bootId = bootId;
  }

  /** @throws QubesException when the file cannot be read */
  load(): Domains | undefined {
    const untrusted = this.#untrustedContent();
    if (untrusted === undefined) return undefined;
    const parsed = Saved.safeParse(untrusted);
    if (!parsed.success) throw this.#unreadable('it is not what a host has written');
    const { bootId, lastXid, domains } = parsed.data;
    if (bootId !== this.#bootId()) return undefined;
    const restored = domains.map((domain): [string, Domain] => [
      domain.uuid,
      {
        ...domain,
        devices: domain.devices.map((device) => ({
          ...device,
          options: new Map(Object.entries(device.options)),
        })),
      },
    ]);
    return { lastXid, byUuid: new Map(restored) };
  }

  /** @throws QubesException when the disk refuses */
  save({ byUuid, lastXid }: Domains): void {
    const domains = [...byUuid.values()].map((domain) => ({
      ...domain,
      devices: domain.devices.map((device) => ({
        ...device,
        options: Object.fromEntries(device.options),
      })),
    }));
    const partial = `${this.#path}.partial`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: RUN_MODE });
      const text = JSON.stringify({ bootId: this.#bootId(), lastXid, domains });
      writeFileSync(partial, text, { mode: 0o600 });
      renameSync(partial, this.#path);
    } catch (error) {
      throw new QubesException(`Cannot write ${printable(this.#path)}: ${reasonOf(error)}`);
    }
  }

  /** @returns undefined when there is none */
  #untrustedContent(): unknown {
    try {
      const text = readFileSync(this.#path, 'utf8');
      // What the machine left when it lost its power: nothing runs any more.
      return text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw this.#unreadable(error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error));
    }
  }

  #unreadable(reason: string): QubesException {
    return new QubesException(
      `Cannot read ${printable(this.#path)}: ${reason}. When it is removed, no qube runs.`,
    );
  }
}
