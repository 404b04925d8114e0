import { QubesException } from '../../base/admin-error.ts';
import { reasonOf } from '../../base/errors.ts';
import { within } from '../../base/within.ts';
import { qrexecTimeout } from '../properties/local.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';
import { dismiss } from './dismiss.ts';
import { outdatedReason } from './outdated.ts';
import { preloadList } from './preload-features.ts';
import { claim, goesOnUnasked, handOver } from './preloaded.ts';
import type { Shared } from './shared.ts';
import { preloadStateOf } from './stage.ts';
import type { PreloadState } from './stage.ts';

/** Seconds until what a request found to be of no use is removed: now it would delay the person. */
const REMOVAL_SECONDS = 2;

/** Who keeps the stock, as far as requests change it. */
interface Told {
  /** One is out of the list, and somebody waits for it. */
  claimed(): void;
  used(disposable: Qube): void;
  /** There were some, of which none was of use. */
  foundNone(): void;
}

/** Gives the disposables of one template's stock away, each to one who asks. */
export class Giving {
  readonly #template: Qube;
  readonly #shared: Shared;
  readonly #tell: Told;
  /** Those that a request looks at. */
  readonly #claimed = new Set<PreloadState>();

  constructor(template: Qube, shared: Shared, tell: Told) {
    this.#template = template;
    this.#shared = shared;
    this.#tell = tell;
  }

  /**
   * Gives one away that is as it should be, if there is such.
   * @param adopt what is done with it in the same change of the store
   * @throws AdminError when that cannot be saved
   */
  async request(adopt: (qube: Qube) => void): Promise<Qube | undefined> {
    let wasRefused = false;
    for (let best = this.#best(); best !== undefined; best = this.#best()) {
      const given = await this.#give(best, adopt);
      if (given !== undefined) return given;
      wasRefused = true;
    }
    if (wasRefused) {
      this.#shared.app.log.warn(`${this.#template.name}: nothing in stock is of use`);
      this.#tell.foundNone();
    }
    return undefined;
  }

  /** The one that is nearest to being ready, the oldest of such. */
  #best(): PreloadState | undefined {
    let best: PreloadState | undefined;
    for (const name of preloadList(this.#template)) {
      const qube = this.#shared.app.qubes.find(name);
      const state = qube && preloadStateOf(qube);
      if (state === undefined || this.#claimed.has(state) || isDead(state)) continue;
      if (goesOnUnasked(state)) continue;
      if (best === undefined || state.nearness > best.nearness) best = state;
    }
    return best;
  }

  /** @returns undefined when this one is of no use */
  async #give(state: PreloadState, adopt: (qube: Qube) => void): Promise<Qube | undefined> {
    const { qube } = state;
    this.#claimed.add(state);
    try {
      const reason = await outdatedReason(qube);
      const isListed = preloadList(this.#template).includes(qube.name);
      if (!isListed || goesOnUnasked(state)) return undefined;
      if (reason !== undefined) {
        this.#discard(qube, reason);
        return undefined;
      }
      await claim(state);
      this.#tell.claimed();
    } finally {
      this.#claimed.delete(state);
    }
    try {
      await this.#untilUp(state);
      await handOver(state, adopt);
    } catch (error) {
      this.#giveUp(state, error);
      return undefined;
    }
    this.#tell.used(qube);
    return qube;
  }

  /** @throws QubesException when its start fails, or takes too long */
  async #untilUp({ qube, up }: PreloadState): Promise<void> {
    const seconds = Math.trunc(qube.get(qrexecTimeout) * 1.2);
    if (await within(this.#shared.app.clock, seconds, up)) return;
    throw new QubesException(`${qube.name} is not up after ${seconds} seconds`);
  }

  /** It is removed a little later: now the machine has something better to do. */
  #discard(qube: Qube, reason: string): void {
    const { app, dustbin } = this.#shared;
    const dismissed = app.apply(() => dismiss(this.#template, [qube.name], `of ${reason}`));
    app.save().then(
      () => dismissed.forEach((one) => dustbin.throwAwayLater(one, REMOVAL_SECONDS)),
      (error: unknown) => {
        app.log.warn({ err: error }, `${qube.name}: stays in stock: ${reasonOf(error)}`);
      },
    );
  }

  /** What was claimed cannot be handed over. */
  #giveUp(state: PreloadState, reason: unknown): void {
    const { app, dustbin } = this.#shared;
    const { qube } = state;
    app.log.warn(`${qube.name}: requested, but of no use: ${reasonOf(reason)}`);
    if (state.stage === 'requested') app.apply(() => state.turn('discarded'));
    dustbin.throwAwayLater(qube, REMOVAL_SECONDS);
  }
}

/** One that has died: what follows from that is being done. */
function isDead({ progress, qube }: PreloadState): boolean {
  return progress !== 'created' && progress !== 'starting' && !isRunning(qube);
}
