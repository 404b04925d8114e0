import { namesIn } from '../../../lib/model/preload/preload-features.ts';
import type { PreloadWorld } from '../../support/preload-world.ts';
import type { WorldCall, WorldHost } from '../../support/world/host.ts';
import { StartChecks } from './check-start.ts';
import { checkList } from './invariants.ts';
import type { Request } from './request.ts';

/** A disposable that somebody has. */
export interface Held {
  readonly name: string;
  readonly uuid: string;
  readonly template: string;
  /** It may go, or has gone: its user, the machine or a failure has ended it. */
  mayGo: boolean;
  isStarting: boolean;
}

/** What has happened, by kind. */
export type Tally = Map<string, number>;

/** Who plays a history: knows who has what, and notes what is not as it must be. */
export class Player {
  readonly world: PreloadWorld;
  /** By their UUID: a name may be given again once a host has forgotten it. */
  readonly held = new Map<string, Held>();
  readonly requests = new Set<Request>();
  /** Requests that died with their host, unanswered. */
  lost = 0;
  isAsleep = false;
  /** The host that was told last that the machine goes to sleep. */
  toSleep: WorldHost | undefined;
  /** The host that has been told so, and has done what it does then. */
  suspended: WorldHost | undefined;
  /** Number of the present step. */
  step = 0;
  /** What was made to fail, the host killed, or memory scarce. */
  hasTrouble = false;
  /** Those that somebody has let go on, or held, without having asked for them. */
  readonly touched = new Set<string>();
  /** Those that somebody has ended before anybody had them. */
  readonly killed = new Set<string>();
  readonly starts = new StartChecks(this);
  readonly #complaints: string[] = [];
  readonly #tally: Tally;

  constructor(world: PreloadWorld, tally: Tally) {
    this.world = world;
    this.#tally = tally;
    world.onHost = (host) => this.#follow(host);
    this.#follow(world.host);
    world.machine.onAdd = (definition) => this.starts.check(definition);
  }

  /** How many operations have failed so far. */
  get failures(): number {
    let sum = 0;
    for (const count of this.world.trouble.failed.values()) sum += count;
    return sum;
  }

  /** Notes that something is not as it must be. */
  readonly complain = (what: string): void => {
    this.#complaints.push(what);
  };

  requireNoComplaint(): void {
    if (this.#complaints.length > 0) throw new Error(this.#complaints.join('\n'));
  }

  count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }

  /** Makes a call whose answer nobody waits for. */
  begin(call: WorldCall): void {
    void this.world.ask(call).then(({ error }) => {
      if (error === undefined) return;
      this.count(`refused: ${call.service}+${call.argument ?? ''} ${error}`);
    });
  }

  /** What must hold of a list holds from the moment on at which it changes. */
  #follow(host: WorldHost): void {
    host.app.addObserver((subject, event, payload) => {
      if (subject === undefined || host.life.isOver) return;
      if (!event.startsWith('domain-feature-') || !event.endsWith(':preload-dispvm')) return;
      if (event.includes('-pre-')) return;
      const { oldvalue } = payload;
      checkList(this, subject, typeof oldvalue === 'string' ? namesIn(oldvalue) : []);
    });
  }
}
