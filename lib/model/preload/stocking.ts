import { QubesException, QubesValueError } from '../../base/admin-error.ts';
import { reasonOf } from '../../base/errors.ts';
import { attempt } from '../power/settle.ts';
import { reasonOf as shownReason } from '../power/to-admin-error.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import type { Qube } from '../qube.ts';
import type { App } from '../app.ts';
import { createPreloaded } from './create-preloaded.ts';
import { dismiss } from './dismiss.ts';
import type { Share } from './memory-share.ts';
import { missingServices, preloadList, preloadMax } from './preload-features.ts';
import { goesOnUnasked, startUp } from './preloaded.ts';
import { keeperOf } from './registry.ts';
import type { Shared } from './shared.ts';
import type { PreloadState } from './stage.ts';

/** How many of a template start at once: more would only slow each other, and the person, down. */
const AT_ONCE = 2;

/** Brings the stock of one template to what it is to be, over and over, by what holds right then. */
export class Stocking {
  readonly #template: Qube;
  readonly #shared: Shared;
  readonly #onEnd: (hasFailed: boolean) => void;
  #run: Promise<void> | undefined;
  #again = false;
  #wake = (): void => undefined;
  /** Those that are made and not in the list yet. */
  #unlisted = 0;
  #stopMemoryWatch: (() => void) | undefined;
  /** How many want that there is no stock: nothing is started meanwhile. */
  holds = 0;
  /** How many were given away since `fill` was called: these it replaces only when called again. */
  given = 0;

  /** @param onEnd is told, each time, when nothing more can be done at present */
  constructor(template: Qube, shared: Shared, onEnd: (hasFailed: boolean) => void) {
    this.#template = template;
    this.#shared = shared;
    this.#onEnd = onEnd;
    shared.closed.addEventListener('abort', () => this.#forgetMemory(), { once: true });
  }

  /**
   * Has what is too much go, and starts what is missing.
   * @returns when nothing more can be done at present
   * @throws AdminError the first failure: after it nothing more is started
   */
  fill(): Promise<void> {
    this.given = 0;
    this.#again = true;
    this.#wake();
    this.#run ??= this.#runOnce();
    return this.#run;
  }

  /** Whether something is on its way. */
  get isBusy(): boolean {
    return this.#run !== undefined;
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#run?.catch(() => undefined);
  }

  async #runOnce(): Promise<void> {
    let hasFailed = true;
    try {
      // Somebody may have asked for more in the moment in which it ended.
      do await this.#fillUp();
      while (this.#again);
      hasFailed = false;
    } finally {
      this.#run = undefined;
      this.#onEnd(hasFailed);
    }
  }

  async #fillUp(): Promise<void> {
    const going = new Set<Promise<void>>();
    const failures: unknown[] = [];
    while (this.#again || going.size > 0) {
      this.#again = false;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#dropExcess();
      this.#requireServices();
      while (failures.length === 0 && going.size < AT_ONCE) {
        const share = await this.#makeRoom();
        if (share === undefined) break;
        const one: Promise<void> = this.#add(share)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => {
            going.delete(one);
            this.#again = true;
          });
        going.add(one);
      }
      if (going.size > 0) await Promise.race([woken, ...going]);
    }
    if (failures.length > 0) throw failures[0];
  }

  async #dropExcess(): Promise<void> {
    const { app, dustbin } = this.#shared;
    const excess = preloadList(this.#template).slice(preloadMax(this.#template));
    if (excess.length === 0) return;
    const dismissed = app.apply(() => dismiss(this.#template, excess, 'it is more than wanted'));
    await app.save();
    for (const qube of dismissed) dustbin.throwAway(qube).catch(() => undefined);
  }

  /** @returns memory for one more; undefined when none is wanted, or none can be */
  async #makeRoom(): Promise<Share | undefined> {
    if (!this.#isWanting()) {
      this.#forgetMemory();
      return undefined;
    }
    const share = await this.#takeMemory();
    if (share === undefined || this.#isWanting()) return share;
    share.giveBack();
    return undefined;
  }

  /** Once it is awaited it is looked at again: it may have come free in between. */
  async #takeMemory(): Promise<Share | undefined> {
    const { memory } = this.#shared;
    let share = await memory.take(this.#template);
    if (share === undefined && this.#awaitMemory()) share = await memory.take(this.#template);
    if (share !== undefined) this.#forgetMemory();
    return share;
  }

  async #add(share: Share): Promise<void> {
    const { app } = this.#shared;
    // In the list from the moment on in which it is asked whether it is wanted.
    let isUnlisted = true;
    const refusal = new QubesException('It is not wanted any more');
    const list = (): void => {
      if (isUnlisted) this.#unlisted--;
      isUnlisted = false;
    };
    this.#unlisted++;
    try {
      const state = await createPreloaded(app, this.#template, () => {
        list();
        if (!this.#isWanting()) throw refusal;
      });
      share.qube = state.qube;
      await this.#start(state);
    } catch (error) {
      if (error !== refusal) throw error;
    } finally {
      list();
      share.giveBack();
    }
  }

  async #start(state: PreloadState): Promise<void> {
    const { app, closed, dustbin } = this.#shared;
    try {
      await startUp(state, closed);
      // Somebody has let it go on while that it stands still was being saved.
      if (goesOnUnasked(state)) await keeperOf(this.#template)?.usedUnasked(state.qube);
    } catch (error) {
      state.fail(error);
      if (closed.aborted || (await isOutOfStock(state, app))) return;
      const { qube } = state;
      app.log.warn(`${qube.name}: cannot be started ahead of need: ${reasonOf(error)}`);
      await giveUp(this.#template, state, app);
      await tellFailure(state, error);
      await dustbin.throwAway(qube);
      throw error;
    }
  }

  #isWanting(): boolean {
    const { closed, isHeld } = this.#shared;
    if (closed.aborted || isHeld() || this.holds > 0) return false;
    const template = this.#template;
    if (template.presence !== 'listed' || template.find(templateForDispvms) !== true) return false;
    const { length } = preloadList(template);
    return length + this.#unlisted + this.given < preloadMax(template);
  }

  #requireServices(): void {
    const missing = missingServices(this.#template);
    if (missing.length === 0) return;
    throw new QubesValueError(
      `Qube does not support the RPC(s) '${missing.join(', ')}' but tried to preload, check if template is outdated`,
    );
  }

  /** @returns whether it was not awaited before */
  #awaitMemory(): boolean {
    const { app, closed, memory } = this.#shared;
    if (this.#stopMemoryWatch !== undefined || closed.aborted) return false;
    app.log.warn(`${this.#template.name}: not enough memory to start one ahead of need`);
    this.#stopMemoryWatch = memory.watch(() => void this.fill().catch(() => undefined));
    return true;
  }

  #forgetMemory(): void {
    this.#stopMemoryWatch?.();
    this.#stopMemoryWatch = undefined;
  }
}

/** A start that failed by itself has told of it. */
async function tellFailure({ progress, qube }: PreloadState, error: unknown): Promise<void> {
  if (progress === 'created' || progress === 'starting') return;
  const payload = { reason: shownReason(error) };
  await attempt(qube, 'tell of it', () => qube.act('domain-start-failed', payload));
}

/** Whether one is used or given up for good: when that cannot be saved, it is in the list again. */
async function isOutOfStock(state: PreloadState, app: App): Promise<boolean> {
  const isOut = (): boolean => state.stage === 'discarded' || state.stage === 'used';
  if (isOut()) await app.save().catch(() => undefined);
  return isOut();
}

/** What cannot be saved now is told by its removal, which is tried for longer. */
async function giveUp(template: Qube, { qube }: PreloadState, app: App): Promise<void> {
  try {
    app.apply(() => dismiss(template, [qube.name], 'its start has failed'));
    await app.save();
  } catch (error) {
    app.log.error({ err: error }, `${qube.name}: cannot be taken off the list`);
  }
}
