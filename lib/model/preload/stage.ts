import type { Qube } from '../qube.ts';

/** How far the start of a preloaded disposable has come. */
export type Progress = 'created' | 'starting' | 'waiting' | 'shrinking' | 'pausing' | 'ready';

/** What has become of it: it is in the list of its template, asked for, handed over, or given up. */
export type Fate = 'listed' | 'requested' | 'used' | 'discarded';

/** Where it stands: its progress as long as nothing has become of it. */
export type Stage = Progress | Exclude<Fate, 'listed'>;

/** Each step may be left out once it is asked for: nothing is awaited then, and nothing paused. */
const PROGRESS: readonly Progress[] = [
  'created',
  'starting',
  'waiting',
  'shrinking',
  'pausing',
  'ready',
];

const NEXT_FATE: Readonly<Record<Fate, readonly Fate[]>> = {
  // Used at once by somebody who unpauses it without a request.
  listed: ['requested', 'used', 'discarded'],
  requested: ['used', 'discarded'],
  used: [],
  discarded: [],
};

const states = new WeakMap<Qube, PreloadState>();

/**
 * The state machine of one preloaded disposable:
 *
 *     created → starting → waiting → shrinking → pausing → ready
 *        └─────────┴──────────┴──────────┴──────────┴────────┴→ requested → used
 *                            (or from any of them) → discarded
 *
 * Its progress is of this run of the host; what has become of it is in the store too, as features
 * and in the list of its template, and is taken back with them when they cannot be saved.
 */
export class PreloadState {
  readonly qube: Qube;
  /** Resolves when it is ready, or would be had nobody asked for it; rejects when that has failed. */
  readonly up: Promise<void>;
  readonly #hurry = new AbortController();
  #settleUp: { resolve(): void; reject(error: unknown): void } | undefined;
  #progress: Progress;
  #fate: Fate = 'listed';
  #hasGoneOn = false;

  /** @param progress `ready` for one that an earlier host has started */
  constructor(qube: Qube, progress: Progress = 'created') {
    this.qube = qube;
    this.#progress = progress;
    this.up = new Promise((resolve, reject) => {
      this.#settleUp = { resolve, reject };
    });
    // Most often nobody waits for it.
    this.up.catch(() => undefined);
    if (progress === 'ready') this.#settleUp?.resolve();
    states.set(qube, this);
  }

  get stage(): Stage {
    return this.#fate === 'listed' ? this.#progress : this.#fate;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Aborted once somebody waits for it: what its start still awaits is left out then. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** A number that grows with its progress. */
  get nearness(): number {
    return PROGRESS.indexOf(this.#progress);
  }

  /** Goes on to a later step of the start. */
  advance(to: Progress): void {
    if (PROGRESS.indexOf(to) <= this.nearness) throw this.#impossible(to);
    this.#progress = to;
    if (to === 'ready') this.#settleUp?.resolve();
  }

  /** Its start has failed. */
  fail(error: unknown): void {
    this.#settleUp?.reject(error);
  }

  /** Lets something become of it, as part of a change of the store that says so. */
  turn(to: Fate): void {
    const before = this.#fate;
    if (!NEXT_FATE[before].includes(to)) throw this.#impossible(to);
    this.#fate = to;
    this.qube.system.qubeChanged(() => {
      this.#fate = before;
    });
  }

  /** Whether somebody has let it go on without having asked for it: nobody else is to get it. */
  get hasGoneOn(): boolean {
    return this.#hasGoneOn;
  }

  /** Somebody has let it go on; whether that can be saved or not. */
  goOn(): void {
    this.#hasGoneOn = true;
  }

  /** Somebody waits for it. */
  hurryUp(): void {
    this.#hurry.abort();
  }

  #impossible(to: Progress | Fate): Error {
    return new Error(`${this.qube.name} cannot become ${to}: it is ${this.stage}`);
  }
}

/** Undefined for a qube that was not started ahead of need by this host or the one before. */
export function preloadStateOf(qube: Qube): PreloadState | undefined {
  return states.get(qube);
}

/** Whether it is asked for and not handed over yet: it is in no list, and nobody's. */
export function isRequested(qube: Qube): boolean {
  return states.get(qube)?.stage === 'requested';
}
