import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
 * finds it there. The last state is there completely, if only in `run/domains.json.partial`, but the
 * disk is not waited for: nothing that runs outlives the machine.
 */
export class DomainFile implements DomainStore {
  readonly #path: string;
  readonly #partial: string;
  readonly #bootId: () => string;

  /**
   * @param root folder of the system
   * @param bootId another one each time that the machine is started
   */
  constructor(root: string, bootId = readBootId) {
    this.#path = join(root, FILE);
    this.#partial = `${this.#path}.partial`;
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
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: RUN_MODE });
      const text = JSON.stringify({ bootId: this.#bootId(), lastXid, domains });
      writeFileSync(this.#partial, text, { mode: 0o600 });
      // ext4 writes what replaces a file to the disk at once, and every save of the store waits for that.
      rmSync(this.#path, { force: true });
      renameSync(this.#partial, this.#path);
    } catch (error) {
      throw new QubesException(`Cannot write ${printable(this.#path)}: ${reasonOf(error)}`);
    }
  }

  /** @returns undefined when there is none */
  #untrustedContent(): unknown {
    const text = this.#textOf(this.#path);
    if (text === undefined) return this.#untrustedPartial();
    try {
      // What the machine left when it lost its power: nothing runs any more.
      return text === '' ? undefined : JSON.parse(text);
    } catch {
      throw this.#unreadable('it is not JSON');
    }
  }

  /** What a host was about to put in place; one that is cut short was the first, before anything ran. */
  #untrustedPartial(): unknown {
    try {
      return JSON.parse(this.#textOf(this.#partial) ?? '');
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** @returns undefined when the file is not there */
  #textOf(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw this.#unreadable(reasonOf(error));
    }
  }

  #unreadable(reason: string): QubesException {
    return new QubesException(
      `Cannot read ${printable(this.#path)}: ${reason}. When it is removed, no qube runs.`,
    );
  }
}
