import { templateOf } from '../../../lib/model/properties/template.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import { preloadWorld } from '../../support/preload-world.ts';
import type { PreloadWorld } from '../../support/preload-world.ts';
import { settled } from '../../support/fake-clock.ts';
import type { WorldCall, WorldReply } from '../../support/world/host.ts';
import type { WorldHost } from '../../support/world/host.ts';
import { StartChecks } from './check-start.ts';
import {
  checkAlways,
  checkDelivery,
  checkDisk,
  checkList,
  checkQuiet,
  checkRestart,
} from './invariants.ts';
import { disposablesOf, isComplete, listOf, outdatedBy, stateOf, templatesOf } from './stock.ts';
import { savedQubes } from './saved-stock.ts';
import type { History, Step } from './steps.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** After so long all has come to its end that can. */
const QUIET_MINUTES = 90;

/** A disposable that somebody has. */
export interface Held {
  readonly name: string;
  readonly uuid: string;
  readonly template: string;
  /** It may go, or has gone: its user, the machine or a failure has ended it. */
  mayGo: boolean;
  isStarting: boolean;
}

/** A request that has no answer yet. */
export interface Request {
  readonly begun: number;
  /** Those that waited and were outdated already when it was made. */
  readonly outdated: ReadonlySet<string>;
  /** Those that were ready, and those that were on their way. */
  readonly ready: ReadonlySet<string>;
  readonly starting: ReadonlySet<string>;
  readonly failures: number;
  /** The step of the history in which it was made. */
  readonly step: number;
  readonly isAlone: boolean;
}

/** What has happened, by kind. */
export type Tally = Map<string, number>;

/** Plays a history, and checks after each step what must always hold. */
export class Player {
  readonly world: PreloadWorld;
  /** By their UUID: a name may be given again once a host has forgotten it. */
  readonly held = new Map<string, Held>();
  readonly requests = new Set<Request>();
  /** Requests that died with their host, unanswered. */
  lost = 0;
  isAsleep = false;
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
  readonly #complaints: string[] = [];
  readonly #tally: Tally;
  /** The host that was told last that the machine goes to sleep. */
  #toSleep: WorldHost | undefined;
  readonly #starts = new StartChecks(this);

  constructor(world: PreloadWorld, tally: Tally) {
    this.world = world;
    this.#tally = tally;
    world.onHost = (host) => this.#follow(host);
    this.#follow(world.host);
    world.machine.onAdd = (definition) => this.#starts.check(definition);
  }

  async play({ durations, steps }: History): Promise<void> {
    this.world.trouble.durations = durations;
    for (const step of steps) {
      if (this.world.life.isOver) await this.#restart();
      this.#count(step.do);
      this.step++;
      await this.#do(step);
      await settled();
      if (!this.world.life.isOver) checkAlways(this);
      this.#requireNoComplaint();
    }
    await this.#becomeQuiet();
    checkQuiet(this);
    this.#requireNoComplaint();
    // Files that a failure or a killed host has left go with the start of the next one.
    if (this.hasTrouble) await this.#restart();
    await this.world.pass(MINUTE_MS);
    checkDisk(this);
    this.#requireNoComplaint();
    if (this.failures > 0) this.#count('failed');
  }

  /** Notes that something is not as it must be. */
  readonly complain = (what: string): void => {
    this.#complaints.push(what);
  };

  #requireNoComplaint(): void {
    if (this.#complaints.length > 0) throw new Error(this.#complaints.join('\n'));
  }

  /** How many operations have failed so far. */
  get failures(): number {
    let sum = 0;
    for (const count of this.world.trouble.failed.values()) sum += count;
    return sum;
  }

  async #do(step: Step): Promise<void> {
    const { world } = this;
    if (this.isAsleep && !['pass', 'wake', 'kill', 'mishap', 'heal'].includes(step.do)) return;
    switch (step.do) {
      case 'request':
        return void this.#request(step.source, step.template);
      case 'release': {
        this.#release(step.how, step.which);
        return;
      }
      case 'touch': {
        this.#touch(step.how, step.which);
        return;
      }
      case 'feature':
      case 'property': {
        this.#change(step);
        return;
      }
      case 'resize': {
        this.#resize(step.qube);
        return;
      }
      case 'renew': {
        this.#renew(step.qube);
        return;
      }
      case 'remove': {
        this.#begin({ service: 'admin.vm.Remove', destination: step.qube });
        return;
      }
      case 'stock': {
        this.#begin({
          service: 'admin.vm.CreateDisposable',
          argument: 'preload',
          destination: step.template ?? 'dom0',
        });
        return;
      }
      case 'mishap':
        this.hasTrouble = true;
        this.#starts.disturb();
        {
          world.trouble.add(step.mishap);
          return;
        }
      case 'heal': {
        world.trouble.heal();
        return;
      }
      case 'pressure':
        this.hasTrouble = true;
        world.machine.pressureMiB = step.mib;
        {
          this.#starts.disturb();
          return;
        }
      case 'sleep':
        this.isAsleep = true;
        {
          this.#sleep();
          return;
        }
      case 'wake':
        return this.#wake();
      case 'pass':
        return world.pass(step.ms);
      case 'kill':
        this.hasTrouble = true;
        {
          world.life.killAfter(step.after);
          return;
        }
      case 'restart':
        return this.#restart();
      case 'reboot':
        return this.#reboot();
    }
  }

  /** Makes a call whose answer nobody waits for. */
  #begin(call: WorldCall): void {
    void this.world.ask(call).then((reply) => this.#countReply(call, reply));
  }

  #sleep(): void {
    const { host } = this.world;
    this.#toSleep = host;
    void host.ask({ service: 'internal.SuspendPre' }).then(() => {
      this.suspended = host;
    });
  }

  /** A machine does not wake before it sleeps. */
  async #wake(): Promise<void> {
    const { world } = this;
    if (!this.isAsleep) return;
    const asked = this.#toSleep;
    while (this.suspended !== asked && asked?.life.isOver === false) await world.pass(SECOND_MS);
    if (world.life.isOver) await this.#restart();
    this.isAsleep = false;
    this.suspended = undefined;
    this.#begin({ service: 'internal.SuspendPost' });
  }

  async #request(source: string, template: string | undefined): Promise<void> {
    const { world } = this;
    const waiting = templatesOf(world).flatMap((one) =>
      listOf(one).flatMap((name) => world.find(name) ?? []),
    );
    const uuidsOf = (qubes: readonly Qube[]): Set<string> => new Set(qubes.map(({ uuid }) => uuid));
    const ready = waiting.filter((qube) => isComplete(qube) && stateOf(qube) === 'Paused');
    const request: Request = {
      begun: world.clock.now(),
      outdated: uuidsOf(waiting.filter((qube) => outdatedBy(world, qube) !== undefined)),
      ready: uuidsOf(ready),
      starting: uuidsOf(waiting.filter((qube) => !ready.includes(qube))),
      failures: this.failures,
      step: this.step,
      isAlone: this.requests.size === 0,
    };
    this.requests.add(request);
    const destination = template ?? 'dom0';
    const reply = await world.ask({ service: 'admin.vm.CreateDisposable', source, destination });
    this.requests.delete(request);
    if (reply.error !== undefined) {
      this.#count(`request: ${reply.error}`);
      checkDelivery(this, request, reply, undefined);
      return;
    }
    const qube = world.find(reply.content);
    checkDelivery(this, request, reply, qube);
    if (qube === undefined) return;
    this.#count(`handed over: ${kindOf(request, qube)}`);
    const held = {
      name: qube.name,
      uuid: qube.uuid,
      template: templateOf(qube)?.name ?? '',
      mayGo: this.killed.has(qube.uuid),
      isStarting: stateOf(qube) === 'Halted',
    };
    this.held.set(held.uuid, held);
    if (!held.isStarting) return;
    // One that cannot be started goes.
    const started = await world.ask({ service: 'admin.vm.Start', destination: qube.name });
    held.isStarting = false;
    if (started.error !== undefined) held.mayGo = true;
  }

  #release(how: 'Kill' | 'Shutdown' | 'crash', which: number): void {
    const present = [...this.held.values()].filter(({ mayGo }) => !mayGo);
    const held = present[which % Math.max(present.length, 1)];
    if (held === undefined) return;
    held.mayGo = true;
    this.#count('released');
    if (how === 'crash') this.world.machine.end(held.uuid);
    else this.#begin({ service: `admin.vm.${how}`, destination: held.name });
  }

  #touch(how: 'Pause' | 'Unpause' | 'Kill' | 'crash', which: number): void {
    const waiting = disposablesOf(this.world).filter(({ uuid }) => !this.held.has(uuid));
    const qube = waiting[which % Math.max(waiting.length, 1)];
    if (qube === undefined) return;
    this.#count(`touched: ${how}`);
    if (how === 'Pause' || how === 'Unpause') this.touched.add(qube.uuid);
    else this.killed.add(qube.uuid);
    if (how === 'crash') this.world.machine.end(qube.uuid);
    else this.#begin({ service: `admin.vm.${how}`, destination: qube.name });
  }

  #change(step: Extract<Step, { do: 'feature' | 'property' }>): void {
    const { qube, name, value } = step;
    const kind =
      step.do === 'feature' ? 'vm.feature' : qube === 'dom0' ? 'property' : 'vm.property';
    // How much is to be left, or how much one takes, may be another amount by then.
    this.#starts.disturb();
    const verb = value !== undefined ? 'Set' : step.do === 'feature' ? 'Remove' : 'Reset';
    const service = `admin.${kind}.${verb}`;
    this.#begin({ service, argument: name, destination: qube, payload: value ?? '' });
  }

  #resize(destination: string): void {
    const size = this.world.find(destination)?.volumes.get('private')?.get('size');
    if (size === undefined) return;
    const payload = String(Number(size) + 4096);
    this.#begin({ service: 'admin.vm.volume.Resize', argument: 'private', destination, payload });
  }

  /** Starts a template, and shuts it down a little later. */
  #renew(destination: string): void {
    const { world } = this;
    const { host } = world;
    void host.ask({ service: 'admin.vm.Start', destination }).then(async ({ error }) => {
      if (error === undefined) await host.ask({ service: 'admin.vm.Shutdown', destination });
      this.#count(`renewed: ${error ?? 'done'}`);
    });
  }

  async #restart(): Promise<void> {
    const { world } = this;
    world.life.kill();
    this.#count('host killed');
    this.#loseRequests();
    const before = savedQubes(world.savedStore());
    await world.restart();
    checkRestart(this, before);
  }

  async #reboot(): Promise<void> {
    this.world.life.kill();
    this.#count('machine rebooted');
    this.#loseRequests();
    this.isAsleep = false;
    for (const held of this.held.values()) held.mayGo = true;
    await this.world.reboot();
  }

  #loseRequests(): void {
    this.hasTrouble = true;
    this.lost += this.requests.size;
    this.requests.clear();
    // A start that broke off is taken back.
    for (const held of this.held.values()) if (held.isStarting) held.mayGo = true;
  }

  /** Everything goes well from now on, and time passes until nothing happens any more. */
  async #becomeQuiet(): Promise<void> {
    const { world } = this;
    world.trouble.heal();
    world.life.killAfter(Infinity);
    if (world.life.isOver) await this.#restart();
    world.machine.pressureMiB = 0;
    if (this.isAsleep) await this.#do({ do: 'wake' });
    await world.pass(QUIET_MINUTES * MINUTE_MS);
  }

  /** What must hold of a list holds from the moment on at which it changes. */
  #follow(host: WorldHost): void {
    const before = new Map<string, readonly string[]>();
    for (const qube of host.app.qubes) before.set(qube.name, listOf(qube));
    host.app.addObserver((subject, event) => {
      if (subject === undefined || host.life.isOver) return;
      if (!event.startsWith('domain-feature-') || !event.endsWith(':preload-dispvm')) return;
      if (event.includes('-pre-')) return;
      checkList(this, subject, before.get(subject.name) ?? []);
      before.set(subject.name, listOf(subject));
    });
  }

  #countReply({ service, argument = '' }: WorldCall, { error }: WorldReply): void {
    if (error === undefined) return;
    this.#count(`refused: ${service}+${argument} ${error}`);
  }

  #count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }
}

/** How far one that is handed over was when it was asked for. */
export function kindOf(request: Request, { uuid }: Qube): 'ready' | 'starting' | 'fresh' {
  if (request.ready.has(uuid)) return 'ready';
  return request.starting.has(uuid) ? 'starting' : 'fresh';
}

/** Plays a history in a world of its own. */
export async function play(history: History, tally: Tally): Promise<void> {
  await new Player(await preloadWorld(), tally).play(history);
}
