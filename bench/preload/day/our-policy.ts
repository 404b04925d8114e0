import { preloadWorld, TEMPLATES } from '../../../test/support/preload-world.ts';
import type { PreloadWorld } from '../../../test/support/preload-world.ts';
import type { WorldCall } from '../../../test/support/world/host.ts';
import type { WorldDomain } from '../../../test/support/world/machine.ts';
import { Boots, CREATE_SECONDS, SHRINK_SECONDS } from './boots.ts';
import type { Boot } from './boots.ts';
import type { Day, Happening } from './day.ts';
import { THRESHOLD_MIB } from './policy.ts';
import type { Given, Policy, Settings } from './policy.ts';
import { StartError } from './starts.ts';
import { Tally } from './tally.ts';

const SECOND_MS = 1000;
const [TEMPLATE] = TEMPLATES;
const UPDATED = 'fedora';
const PERSON = 'work';
const BEFORE_WORK_MS = 300_000;

/** Our keeper itself, in a system in memory whose qubes start as the day says. */
export class OurPolicy implements Policy {
  readonly tally = new Tally();
  readonly #world: PreloadWorld;
  readonly #boots: Boots;
  readonly #running = new Map<WorldDomain, Boot>();
  readonly #ahead = new Set<string>();

  static async begin(day: Day, { max, delay }: Settings): Promise<OurPolicy> {
    const policy = new OurPolicy(await preloadWorld(), day);
    const world = policy.#world;
    await policy.#ask({ service: 'admin.vm.Start', destination: 'net-one' });
    await world.pass(BEFORE_WORK_MS);
    policy.#play();
    // As long as it is the default, disposables have what their template has.
    await policy.#ask({ ...CALLS['property changes'], payload: '2' });
    const set = (destination: string, argument: string, payload: string) =>
      policy.#ask({ service: 'admin.vm.feature.Set', argument, destination, payload });
    await set('dom0', 'preload-dispvm-threshold', String(THRESHOLD_MIB));
    await set(TEMPLATE, 'preload-dispvm-delay', String(delay));
    await set(TEMPLATE, 'preload-dispvm-max', String(max));
    return policy;
  }

  private constructor(world: PreloadWorld, day: Day) {
    this.#world = world;
    this.#boots = new Boots(world.clock, day);
  }

  get clock(): PreloadWorld['clock'] {
    return this.#world.clock;
  }

  get stock(): number {
    return (this.#world.qube(TEMPLATE).features.get('preload-dispvm') ?? '')
      .split(' ')
      .filter(Boolean).length;
  }

  get heldMiB(): number {
    let sum = 0;
    for (const { name, memoryMiB } of this.#world.machine.domains.values()) {
      if (this.#world.find(name)?.features.isOn('internal') === true) sum += memoryMiB;
    }
    return sum;
  }

  async open(): Promise<Given> {
    const request = { service: 'admin.vm.CreateDisposable', source: PERSON };
    const name = await this.#ask({ ...request, destination: TEMPLATE });
    const { uuid } = this.#world.qube(name);
    if (this.#ahead.has(uuid)) this.tally.used++;
    else await this.#ask({ service: 'admin.vm.Start', destination: name });
    const domain = this.#world.machine.domains.get(uuid);
    const boot = domain && this.#running.get(domain);
    if (boot === undefined) throw new StartError();
    const close = (): void => void this.#world.ask({ service: 'admin.vm.Kill', destination: name });
    return { serving: boot.serving, close };
  }

  happen(happening: Happening): void {
    const { machine } = this.#world;
    if (happening.what === 'pressure') machine.pressureMiB = happening.mib;
    else if (happening.what !== 'open') void this.#ask(CALLS[happening.what]);
  }

  check(): void {
    const [fault] = this.#world.faults;
    if (fault !== undefined) throw new Error('The host has failed', { cause: fault });
  }

  async #ask(call: WorldCall): Promise<string> {
    const { error, content } = await this.#world.ask(call);
    if (error !== undefined) throw new StartError(`${call.service}: ${error}: ${content}`);
    return content;
  }

  /** From now on starts go as they do on this day. */
  #play(): void {
    const { machine, trouble } = this.#world;
    trouble.durations = { create: CREATE_SECONDS * SECOND_MS, shrink: SHRINK_SECONDS * SECOND_MS };
    const usual = trouble.next.bind(trouble);
    trouble.next = (operation) =>
      operation === 'volume.create' && this.#boots.refusesVolume
        ? { ms: 0, effect: 'fails' }
        : usual(operation);
    machine.upOf = (domain) => this.#boot(domain).up;
    machine.servingOf = (domain) => this.#running.get(domain)?.serving ?? Promise.resolve();
  }

  #boot(domain: WorldDomain): Boot {
    const { machine } = this.#world;
    const ended = new AbortController();
    const stop = machine.watch((uuid, change) => {
      if (uuid !== domain.uuid || change !== 'stopped') return;
      stop();
      this.#running.delete(domain);
      ended.abort();
    });
    const boot = this.#boots.begin(domain.name !== UPDATED, ended.signal);
    this.#running.set(domain, boot);
    boot.up.catch(() => machine.end(domain.uuid));
    if (this.#world.find(domain.name)?.features.isOn('internal') === true) {
      this.#ahead.add(domain.uuid);
      this.tally.beginAhead();
    }
    return boot;
  }
}

const CALLS = {
  'update begins': { service: 'admin.vm.Start', destination: UPDATED },
  'update ends': { service: 'admin.vm.Shutdown', destination: UPDATED },
  'property changes': {
    service: 'admin.vm.property.Set',
    argument: 'vcpus',
    destination: TEMPLATE,
    payload: '3',
  },
  sleep: { service: 'internal.SuspendPre' },
  wake: { service: 'internal.SuspendPost' },
} as const satisfies Readonly<Record<string, WorldCall>>;
