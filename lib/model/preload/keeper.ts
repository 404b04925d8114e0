import { reasonOf } from '../../base/errors.ts';
import { pythonFloat } from '../../base/python-text.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { Deferral } from './deferral.ts';
import { dismiss, unlist } from './dismiss.ts';
import { Giving } from './giving.ts';
import { outdatedReason } from './outdated.ts';
import { canPreload, preloadDelay, preloadList, preloadMax } from './preload-features.ts';
import { goesOnUnasked, useUnasked } from './preloaded.ts';
import type { TemplateKeeper } from './registry.ts';
import type { Shared } from './shared.ts';
import { preloadStateOf } from './stage.ts';
import { Stocking } from './stocking.ts';

/** Seconds until a gap is filled, so that what the person does now has the machine for itself. */
const GAP_SECONDS = 5;
const FIRST_RETRY_SECONDS = 10;
const LAST_RETRY_SECONDS = 3600;

/**
 * Keeps the stock of one template: disposables that are started before somebody asks for one. What
 * holds whenever nothing is being saved:
 *
 * - Each name in the list (feature `preload-dispvm`) is that of a disposable of this template which
 *   nobody has been given and nobody uses.
 * - The list is never longer than the maximum, except between a change of the maximum and what
 *   follows from it, and it only gets shorter then.
 * - A request is answered by one disposable, and no disposable answers two: it is claimed in memory
 *   before anything is waited for, and in the store before its start is.
 * - What has failed is in no list, and goes from the machine, the store and the disk, however often
 *   that has to be tried.
 * - Whatever is between two stages is marked so in the store: the next host ends it.
 * - What is started is decided by what the features say at that moment, in one place (`Stocking`):
 *   however often they change, the last word counts.
 * - Whenever a change of the store was taken back, whoever made it, what there is is compared with
 *   what is to be.
 * - A request waits for nothing that is done to fill the stock, but for the very disposable it gets.
 */
export class Keeper implements TemplateKeeper {
  readonly #template: Qube;
  readonly #shared: Shared;
  readonly #stocking: Stocking;
  readonly #giving: Giving;
  readonly #refill: Deferral;
  readonly #lookAgain: Deferral;
  #failures = 0;

  constructor(template: Qube, shared: Shared) {
    this.#template = template;
    this.#shared = shared;
    this.#stocking = new Stocking(template, shared, (hasFailed) => this.#tryAgain(hasFailed));
    this.#giving = new Giving(template, shared, {
      claimed: () => {
        this.#stocking.given++;
      },
      used: (disposable) => this.#tellUse(disposable),
      foundNone: () => this.#tellGap(),
    });
    this.#refill = new Deferral(shared.app.clock, () => void this.#fillQuietly());
    this.#lookAgain = new Deferral(shared.app.clock, () => void this.#look());
    for (const deferral of [this.#refill, this.#lookAgain]) {
      shared.closed.addEventListener('abort', () => deferral.cancel(), { once: true });
    }
  }

  /**
   * Whether a gap is being filled, or is to be in a while. What has failed is not awaited: the next
   * host tries it as soon as it starts.
   */
  get isAwaited(): boolean {
    return this.#stocking.isBusy || (this.#refill.isPending && this.#failures === 0);
  }

  async start(reason: string, delay = 0, printed = String(delay)): Promise<void> {
    const payload = delay === 0 ? { reason } : { reason, delay: printed };
    this.#template.fire('domain-preload-dispvm-start', payload);
    if (delay === 0) return this.#stocking.fill();
    this.#refillIn(delay);
  }

  shrink(max: number, reason: string): void {
    const excess = preloadList(this.#template).slice(max);
    if (excess.length > 0) this.#dismiss(excess, reason);
  }

  mend(): void {
    this.#tellGap();
  }

  /** Looks in a while whether all is as it is to be: what was done, or decided, may be taken back. */
  lookLater(): void {
    if (!this.#shared.closed.aborted && !this.#isGone) this.#lookAgain.in(FIRST_RETRY_SECONDS);
  }

  refresh(delay: number): void {
    this.#refresh(delay).catch((error: unknown) => {
      this.#complain(error);
      this.lookLater();
    });
  }

  lost(disposable: Qube): void {
    if (!preloadList(this.#template).includes(disposable.name)) return;
    const { app, dustbin } = this.#shared;
    const state = preloadStateOf(disposable);
    unlist(this.#template, [disposable.name], 'it is gone');
    // Whoever ends it removes it as well, but tries that only once.
    dustbin.throwAway(disposable).catch(() => undefined);
    // Of one that has died while it started its start tells, which fails: that is tried again later
    // each time, and not as soon as a gap is filled.
    if (state !== undefined && state.progress !== 'ready') return;
    state?.turn('discarded');
    app.later(async () => this.#tellGap());
  }

  async usedUnasked(disposable: Qube): Promise<void> {
    const state = preloadStateOf(disposable);
    state?.goOn();
    if (state?.stage !== 'ready') return;
    try {
      await useUnasked(state);
    } catch (error) {
      // It may be in the list again, and nobody gets it.
      this.lookLater();
      throw error;
    }
    this.#tellUse(disposable);
  }

  async whileEmpty<Result>(reason: string, work: () => Promise<Result>): Promise<Result> {
    this.#stocking.holds++;
    try {
      await this.empty(reason);
      return await work();
    } finally {
      this.#stocking.holds--;
      if (this.#isGone) for (const deferral of [this.#refill, this.#lookAgain]) deferral.cancel();
      else this.#tellGap();
    }
  }

  /**
   * Gives the whole stock up, and waits until nothing is left of it.
   * @throws AdminError when one cannot be ended
   */
  async empty(reason: string): Promise<void> {
    const { app, dustbin } = this.#shared;
    const names = preloadList(this.#template);
    app.apply(() => dismiss(this.#template, names, reason));
    await app.save();
    // Those too that were given up before.
    await Promise.all(this.#givenUp().map((qube) => dustbin.throwAway(qube)));
    await this.#stocking.idle();
  }

  /**
   * Gives a disposable of the stock away, if there is one that is as it should be.
   * @param adopt what is done with it in the same change of the store
   * @throws AdminError when that cannot be saved
   */
  async request(adopt: (qube: Qube) => void): Promise<Qube | undefined> {
    this.#tellGap();
    return this.#giving.request(adopt);
  }

  /** Part of the caller's change: what follows from it is done when that is on disk. */
  #dismiss(names: readonly string[], reason: string): void {
    const { app, dustbin } = this.#shared;
    for (const qube of dismiss(this.#template, names, reason)) {
      app.later(async () => void dustbin.throwAway(qube).catch(() => undefined));
    }
  }

  async #refresh(delay: number): Promise<void> {
    const { app } = this.#shared;
    const names: string[] = [];
    for (const name of preloadList(this.#template)) {
      const qube = app.qubes.find(name);
      if (qube !== undefined && (await outdatedReason(qube)) !== undefined) names.push(name);
    }
    const listed = preloadList(this.#template);
    const outdated = names.filter((name) => listed.includes(name));
    if (outdated.length === 0) return;
    app.apply(() => this.#dismiss(outdated, 'of outdated volume(s) or property(ies)'));
    await app.save();
    await this.start('of outdated volume(s)', delay);
  }

  /** Those that are not gone yet. */
  #givenUp(): readonly Qube[] {
    const qubes = [...this.#shared.app.qubes];
    const discarded = qubes.filter((qube) => preloadStateOf(qube)?.stage === 'discarded');
    return discarded.filter((qube) => templateOf(qube) === this.#template);
  }

  /** What could not be saved at its time is done now, whatever it was. */
  async #look(): Promise<void> {
    const { app, dustbin } = this.#shared;
    for (const name of preloadList(this.#template)) {
      const qube = app.qubes.find(name);
      const state = qube && preloadStateOf(qube);
      if (state === undefined || !goesOnUnasked(state)) continue;
      await this.usedUnasked(state.qube).catch((error: unknown) => this.#complain(error));
    }
    // What is given up just now may yet be taken back; this is told again then.
    try {
      await app.save();
    } catch {
      return;
    }
    for (const qube of this.#givenUp()) dustbin.throwAway(qube).catch(() => undefined);
    this.refresh(GAP_SECONDS);
    // What has failed is being tried again, each time later.
    if (this.#failures > 0) return;
    if (preloadList(this.#template).length > preloadMax(this.#template)) await this.#fillQuietly();
    else this.#tellGap();
  }

  async #fillQuietly(): Promise<void> {
    await this.#stocking.fill().catch((error: unknown) => this.#complain(error));
  }

  /** What has failed may fail for long: each time it is tried later. */
  #tryAgain(hasFailed: boolean): void {
    if (!hasFailed) this.#failures = 0;
    // Of too many, too, some may be left.
    const isAsWanted = preloadList(this.#template).length === preloadMax(this.#template);
    if (!hasFailed || this.#shared.closed.aborted || isAsWanted) return;
    const seconds = Math.min(FIRST_RETRY_SECONDS * 2 ** this.#failures, LAST_RETRY_SECONDS);
    this.#failures++;
    this.#refillIn(seconds);
  }

  #tellUse(dispvm: Qube): void {
    const delay = preloadDelay(this.#template);
    if (delay < 0 && preloadList(this.#template).length > 0) return;
    this.#template.fire('domain-preload-dispvm-used', { dispvm, delay: pythonFloat(delay) });
    this.#refillIn(Math.abs(delay));
  }

  #tellGap(): void {
    if (!canPreload(this.#template)) return;
    const delay = preloadDelay(this.#template);
    if (delay < 0 && preloadList(this.#template).length > 0) return;
    const isLonger = delay > GAP_SECONDS;
    const seconds = isLonger ? delay : GAP_SECONDS;
    void this.start('there is a gap', seconds, isLonger ? pythonFloat(delay) : undefined);
  }

  #refillIn(seconds: number): void {
    if (!this.#shared.closed.aborted && !this.#isGone) this.#refill.in(seconds);
  }

  get #isGone(): boolean {
    return this.#template.presence !== 'listed';
  }

  #complain(error: unknown): void {
    const { log } = this.#shared.app;
    log.warn({ err: error }, `${this.#template.name}: cannot preload: ${reasonOf(error)}`);
  }
}
