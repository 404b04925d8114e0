import { execa } from 'execa';

import { LIST_FIELDS, parseLogicalVolumes } from './logical-volumes.ts';
import type { LogicalVolumes } from './logical-volumes.ts';
import { LvmError } from './lvm-error.ts';

/** For how long it is good enough what was known of volumes, while nothing was done to them here. */
const FRESH_MS = 30_000;

/** How much of a volume is given free at once before it is removed; all at once stalls the pool. */
const DISCARD_STEP = '1G';

/**
 * LVM of this machine: each of its commands is one method. Volumes are named `GROUP/NAME`. All of it
 * rejects with LvmError.
 */
export class Lvm {
  #known: { readonly volumes: Promise<LogicalVolumes>; readonly until: number } | undefined;

  /** Snapshots that nobody has run on yet, of those made by this process. */
  readonly unused = new Set<string>();

  /** All there is, as of half a minute ago at most, and after all that was done here. */
  list(): Promise<LogicalVolumes> {
    const now = performance.now();
    if (this.#known === undefined || this.#known.until < now) {
      const volumes = this.#list();
      this.#known = { volumes, until: now + FRESH_MS };
      volumes.catch(() => this.forget());
    }
    return this.#known.volumes;
  }

  /** What is known may have become wrong. */
  forget(): void {
    this.#known = undefined;
  }

  /** An empty thin volume. */
  create(thinPool: string, volume: string, bytes: number): Promise<void> {
    return this.#change([
      'lvcreate',
      '--thin',
      '--setactivationskip=n',
      '--activate=y',
      `--name=${nameIn(volume)}`,
      `--virtualsize=${bytes}B`,
      '--',
      thinPool,
    ]);
  }

  /** A thin volume that shares all blocks with another. */
  clone(from: string, volume: string): Promise<void> {
    return this.#change([
      'lvcreate',
      '--setactivationskip=n',
      '--activate=y',
      '--snapshot',
      '--type=thin',
      `--name=${nameIn(volume)}`,
      '--',
      from,
    ]);
  }

  async remove(volume: string): Promise<void> {
    const options = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', reject: false } as const;
    await execa('blkdiscard', ['-p', DISCARD_STEP, `/dev/${volume}`], options);
    await this.#change(['lvremove', '--force', '--', volume]);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(['lvrename', '--', from, to]);
  }

  /** Also to fewer bytes, without asking. */
  resize(volume: string, bytes: number): Promise<void> {
    return this.#change(['lvresize', '--yes', `--size=${bytes}B`, '--', volume]);
  }

  activate(volume: string): Promise<void> {
    return this.#change(['lvchange', '--activate=y', '--', volume]);
  }

  async #list(): Promise<LogicalVolumes> {
    return parseLogicalVolumes(
      await run([
        'lvs',
        '--quiet',
        '--quiet',
        '--noheadings',
        '-o',
        LIST_FIELDS,
        '--units',
        'b',
        '--reportformat=json',
      ]),
    );
  }

  async #change(command: readonly string[]): Promise<void> {
    try {
      await run(command);
    } finally {
      this.forget();
    }
  }
}

/** @throws LvmError with what LVM says */
async function run(command: readonly string[]): Promise<string> {
  const result = await execa('lvm', command, {
    env: { LC_ALL: 'C.UTF-8' },
    stdin: 'ignore',
    reject: false,
  });
  if (!result.failed) return result.stdout;
  throw new LvmError(complaint(result.stderr) || missing(result.code));
}

/** What LVM says but for its warning that thin volumes may outgrow their pool, as is meant. */
function complaint(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('exceeds the size of thin pool'))
    .join('; ');
}

function missing(code: string | undefined): string {
  return code === 'ENOENT' ? 'the program lvm is missing' : 'the program lvm failed';
}

function nameIn(volume: string): string {
  return volume.slice(volume.indexOf('/') + 1);
}
