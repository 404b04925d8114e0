import { FakeClock } from '../../../test/support/fake-clock.ts';
import { Boots, SHRINK_SECONDS } from './boots.ts';
import type { Day, Happening } from './day.ts';
import { THRESHOLD_MIB } from './policy.ts';
import type { Given, Policy, Settings } from './policy.ts';
import { ReferenceMachine } from './reference-machine.ts';
import type { Disposable } from './reference-machine.ts';
import { Tally } from './tally.ts';
import { wait } from './wait.ts';

const GAP_SECONDS = 5;
const REMOVAL_SECONDS = 2;
const AFTER_SHUTDOWN_SECONDS = 4;
const AFTER_PROPERTY_SECONDS = 30;
/** 1.2 times the usual `qrexec_timeout`. */
const PATIENCE_SECONDS = 72;

/**
 * What the reference does (core-admin, `dvmtemplate.py` and `dispvm.py`), as far as it tells on a
 * day: what each event starts, how many at once, when memory is looked at, what a failure leaves.
 */
export class ReferencePolicy implements Policy {
  readonly clock = new FakeClock();
  readonly tally = new Tally();
  readonly #settings: Settings;
  readonly #machine: ReferenceMachine;
  /** In the order in which they were made, also those that have not come up. */
  #list: Disposable[] = [];
  /** Another one for each state of the template. */
  #version = 0;

  constructor(day: Day, settings: Settings) {
    this.#settings = settings;
    this.#machine = new ReferenceMachine(this.clock, new Boots(this.clock, day));
    this.#start(0);
  }

  get stock(): number {
    return this.#list.filter(({ stage }) => stage === 'ready').length;
  }

  get heldMiB(): number {
    return this.#machine.heldMiB;
  }

  check(): void {
    // It is a model, and has no faults of its own.
  }

  async open(): Promise<Given> {
    const disposable = (await this.#request()) ?? (await this.#machine.startNew());
    return { serving: disposable.serving(), close: () => disposable.end() };
  }

  happen(happening: Happening): void {
    switch (happening.what) {
      case 'pressure':
        this.#machine.pressureMiB = happening.mib;
        return;
      case 'update begins': {
        this.#machine.startTemplate();
        return;
      }
      case 'update ends':
        this.#machine.endTemplate();
        {
          this.#refresh(AFTER_SHUTDOWN_SECONDS);
          return;
        }
      case 'property changes': {
        this.#refresh(AFTER_PROPERTY_SECONDS);
        return;
      }
      case 'sleep':
        for (const one of this.#list) one.end();
        this.#list = [];
        return;
      case 'wake': {
        this.#start(0);
        return;
      }
      case 'open':
    }
  }

  /** All that is wanted and fits starts at once; memory is looked at once, and nothing tried again. */
  #start(delay: number): void {
    void this.#after(delay, () => {
      const wanted = this.#settings.max - this.#list.length;
      const fitting = this.#machine.fitting(THRESHOLD_MIB);
      for (let count = Math.min(wanted, fitting); count > 0; count--) void this.#preload();
    });
  }

  async #preload(): Promise<void> {
    const one = this.#machine.make(this.#version);
    this.#list.push(one);
    // A failure at this step is not cleaned up after: it stays in the list, never to come up.
    if (!this.#machine.makesVolumes()) return;
    this.tally.beginAhead();
    one.isAhead = true;
    try {
      await this.#machine.start(one);
      await Promise.race([one.serving(), one.asked]);
      if (!one.isRequested) await this.#shrink(one);
      one.complete();
    } catch {
      this.#list = this.#list.filter((other) => other !== one);
    }
  }

  async #shrink(one: Disposable): Promise<void> {
    const shrunk = this.#after(SHRINK_SECONDS, () => one.shrink());
    await Promise.race([shrunk, one.asked]);
  }

  async #request(): Promise<Disposable | undefined> {
    this.#fillGap();
    const hadAny = this.#list.length > 0;
    for (const one of [...this.#list]) {
      this.#list = this.#list.filter((other) => other !== one);
      if (one.version === this.#version) return this.#give(one);
      void this.#after(REMOVAL_SECONDS, () => one.end());
    }
    if (hadAny) this.#fillGap();
    return undefined;
  }

  /** One that has died meanwhile is waited for to the end. */
  async #give(one: Disposable): Promise<Disposable | undefined> {
    one.request();
    const late = this.#after(PATIENCE_SECONDS, () => undefined);
    await Promise.race([one.completed, late]);
    if (one.stage !== 'ready') {
      void this.#after(REMOVAL_SECONDS, () => one.end());
      return undefined;
    }
    one.use();
    this.tally.used++;
    const { delay } = this.#settings;
    if (delay >= 0 || this.#list.length === 0) this.#start(Math.abs(delay));
    return one;
  }

  #fillGap(): void {
    const { max, delay } = this.#settings;
    if (this.#list.length >= max || (delay < 0 && this.#list.length > 0)) return;
    this.#start(Math.max(GAP_SECONDS, delay));
  }

  /** Whatever is in the list began from what the template was before. */
  #refresh(delay: number): void {
    this.#version++;
    const outdated = this.#list;
    if (outdated.length === 0) return;
    this.#list = [];
    for (const one of outdated) one.end();
    this.#start(delay);
  }

  async #after(seconds: number, work: () => void): Promise<void> {
    if (seconds > 0) await wait(this.clock, seconds);
    work();
  }
}
