import { sleep } from '../../../lib/base/clock.ts';
import type { FakeClock } from '../../../test/support/fake-clock.ts';
import { CREATE_SECONDS, MEMORY_MIB, SHRUNK_MIB, VOLUMES } from './boots.ts';
import type { Boot, Boots } from './boots.ts';
import { StartError } from './starts.ts';

const SECOND_MS = 1000;
/** Memory for all qubes, without that of the netvm. */
const TOTAL_MIB = 12 * 1024 - MEMORY_MIB;

/** A disposable of the model of the reference. */
export class Disposable {
  readonly version: number;
  readonly ended = new AbortController();
  memoryMiB = 0;
  isAhead = false;
  isRequested = false;
  stage: 'starting' | 'ready' | 'used' | 'over' = 'starting';
  boot: Boot | undefined;
  /** Resolves when somebody asks for it. */
  readonly asked: Promise<void>;
  /** Resolves when its start is done, never when that fails. */
  readonly completed: Promise<void>;
  request: () => void = () => undefined;
  complete: () => void = () => undefined;

  constructor(version: number) {
    this.version = version;
    this.asked = new Promise((resolve) => {
      this.request = () => {
        this.isRequested = true;
        resolve();
      };
    });
    this.completed = new Promise((resolve) => {
      this.complete = () => {
        if (this.stage === 'starting') this.stage = 'ready';
        resolve();
      };
    });
  }

  serving(): Promise<void> {
    return this.boot?.serving ?? Promise.reject(new StartError());
  }

  use(): void {
    this.stage = 'used';
  }

  shrink(): void {
    if (this.stage === 'starting') this.memoryMiB = SHRUNK_MIB;
  }

  end(): void {
    this.stage = 'over';
    this.memoryMiB = 0;
    this.ended.abort();
  }
}

/** The machine of the model: its memory, and what starts on it. */
export class ReferenceMachine {
  pressureMiB = 0;
  readonly #clock: FakeClock;
  readonly #boots: Boots;
  readonly #qubes = new Set<Disposable>();
  #template: Disposable | undefined;

  constructor(clock: FakeClock, boots: Boots) {
    this.#clock = clock;
    this.#boots = boots;
  }

  get freeMiB(): number {
    let free = TOTAL_MIB - this.pressureMiB;
    for (const { memoryMiB } of this.#qubes) free -= memoryMiB;
    return free;
  }

  get heldMiB(): number {
    let held = 0;
    for (const { isAhead, stage, memoryMiB } of this.#qubes) {
      if (isAhead && stage !== 'used') held += memoryMiB;
    }
    return held;
  }

  /** How many more fit, if so much is to be left. */
  fitting(thresholdMiB: number): number {
    return Math.max(0, Math.floor((this.freeMiB - thresholdMiB) / MEMORY_MIB));
  }

  make(version: number): Disposable {
    return new Disposable(version);
  }

  /** Whether the files of a disposable can be made. */
  makesVolumes(): boolean {
    return !Array.from({ length: VOLUMES }).some(() => this.#boots.refusesVolume);
  }

  /** Starts one that is made. @throws StartError when it dies, or there is no memory for it */
  async start(one: Disposable, mayDie = true): Promise<void> {
    if (this.freeMiB < MEMORY_MIB) {
      one.end();
      throw new StartError();
    }
    one.memoryMiB = MEMORY_MIB;
    this.#qubes.add(one);
    one.ended.signal.addEventListener('abort', () => void this.#qubes.delete(one));
    try {
      await sleep(this.#clock, CREATE_SECONDS * SECOND_MS, one.ended.signal);
      one.boot = this.#boots.begin(mayDie, one.ended.signal);
      await one.boot.up;
    } catch (error) {
      one.end();
      throw error;
    }
  }

  /** Makes one for somebody who waits for it, and starts it. @throws StartError */
  async startNew(): Promise<Disposable> {
    if (!this.makesVolumes()) throw new StartError();
    const one = this.make(0);
    await this.start(one);
    one.use();
    return one;
  }

  startTemplate(): void {
    this.#template = this.make(0);
    this.start(this.#template, false).catch(() => undefined);
  }

  endTemplate(): void {
    this.#template?.end();
  }
}
