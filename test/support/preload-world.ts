import { parseXml } from '../../lib/base/xml/xml.ts';
import type { Doors } from '../../lib/model/app.ts';
import { removeLeftDisposables } from '../../lib/model/power/remove-left-disposables.ts';
import { startByItself } from '../../lib/model/power/start-by-itself.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { databasesOf, newDatabases } from './world/databases.ts';
import { WorldDisk } from './world/disk.ts';
import { WorldHost } from './world/host.ts';
import type { WorldCall, WorldReply } from './world/host.ts';
import { hypervisorOf } from './world/hypervisor.ts';
import { memoryOf, servicesOf } from './world/inside.ts';
import { Life } from './world/life.ts';
import { WorldMachine } from './world/machine.ts';
import { emptySeed, seedOf } from './world/seed.ts';
import type { Seed } from './world/seed.ts';
import { storageOf } from './world/storage.ts';
import { Trouble } from './world/trouble.ts';

/** Of the qubes of a world. */
export const TEMPLATES = ['dvm-one', 'dvm-two', 'dvm-three'] as const;
export const CALLERS = ['work', 'mail'] as const;

/**
 * A whole system in memory, on a clock of its own: a host that serves calls, and all that is outside
 * of it. Disk, machine and databases outlive a host that is killed.
 */
export class PreloadWorld {
  readonly clock = new FakeClock();
  readonly trouble = new Trouble();
  readonly machine = new WorldMachine(this.clock);
  readonly databases = newDatabases();
  readonly disk: WorldDisk;
  /** The store as it is on disk. */
  saved: Buffer;
  /** What was logged that is no failure of the outside: our own faults. */
  readonly faults: unknown[] = [];
  /** Which services were called in qubes: `QUBE SERVICE`. */
  readonly served: string[] = [];
  /** Called with each new host, before it does anything else. */
  onHost: (host: WorldHost) => void = () => undefined;
  #host: WorldHost;
  #read: { readonly bytes: Buffer; readonly store: Seed['store'] } | undefined;

  constructor(seed: Seed) {
    this.disk = WorldDisk.copyOf(seed.disk);
    this.saved = seed.bytes;
    this.#host = this.#begin(seed.store);
  }

  get host(): WorldHost {
    return this.#host;
  }

  get life(): Life {
    return this.#host.life;
  }

  /** The qube of that name. */
  qube(name: string): Qube {
    const qube = this.find(name);
    if (qube === undefined) throw new Error(`There is no ${name}`);
    return qube;
  }

  find(name: string): Qube | undefined {
    return this.#host.app.qubes.find(name);
  }

  /** Makes a call, and waits for its answer for as long as it takes without time passing. */
  ask(call: WorldCall): Promise<WorldReply> {
    return this.#host.ask(call);
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.clock.pass(ms);
  }

  /** The store as it is on disk, read. */
  savedStore(): Seed['store'] {
    if (this.#read?.bytes !== this.saved) {
      this.#read = { bytes: this.saved, store: parseXml(this.saved, 'qubes.xml') };
    }
    return this.#read.store;
  }

  /** Starts the host again that was killed. */
  async restart(isFirst = false): Promise<void> {
    this.life.kill();
    // What it began has no effect any more.
    await settled();
    this.#host = this.#begin(this.savedStore());
    // As in `run-host.ts`.
    const { app } = this.#host;
    if (isFirst) void removeLeftDisposables(app);
    void startByItself(app, isFirst);
    await settled();
  }

  /** The power fails: only the disk is left, and a host starts. */
  async reboot(): Promise<void> {
    this.life.kill();
    await settled();
    for (const uuid of [...this.machine.domains.keys()]) this.machine.end(uuid);
    this.databases.clear();
    for (const [name, database] of newDatabases()) this.databases.set(name, database);
    await this.restart(true);
  }

  #begin(store: Seed['store']): WorldHost {
    const life = new Life(this.clock, this.trouble);
    const doors: Doors = {
      clock: life.clock,
      hypervisor: hypervisorOf(this.machine, life),
      memory: memoryOf(this.machine, life),
      storage: storageOf(this.disk, life),
      qubesdb: databasesOf(this.databases, life),
      services: servicesOf(this.machine, life, (call) => this.served.push(call)),
    };
    const save = (bytes: Buffer): void => {
      this.saved = bytes;
    };
    const host = new WorldHost(store, doors, life, save, (error) => this.faults.push(error));
    this.onHost(host);
    return host;
  }
}

let seed: Promise<Seed> | undefined;

/** A world with a template, three templates of disposables, a netvm, and two qubes that call. */
export async function preloadWorld(): Promise<PreloadWorld> {
  seed ??= makeSeed();
  return new PreloadWorld(await seed);
}

async function makeSeed(): Promise<Seed> {
  const world = new PreloadWorld(emptySeed());
  const ask = async (call: WorldCall): Promise<void> => {
    const { error, content } = await world.ask(call);
    if (error !== undefined) throw new Error(`${call.service}: ${error}: ${content}`);
  };
  const create = (klass: string, argument: string, name: string, label: string): Promise<void> =>
    ask({ service: `admin.vm.Create.${klass}`, argument, payload: `name=${name} label=${label}` });
  const set = (qube: string, property: string, payload: string): Promise<void> =>
    ask({
      service: qube === 'dom0' ? 'admin.property.Set' : 'admin.vm.property.Set',
      argument: property,
      destination: qube,
      payload,
    });
  for (const name of ['fedora', 'debian']) {
    await create('TemplateVM', '', name, 'black');
    for (const feature of [
      'qrexec',
      'gui',
      'supported-rpc.qubes.WaitForRunningSystem',
      'supported-rpc.qubes.WaitForSession',
      'supported-feature.late-gui-daemon',
    ]) {
      const service = 'admin.vm.feature.Set';
      await ask({ service, argument: feature, destination: name, payload: '1' });
    }
  }
  for (const name of ['net-one', 'net-two']) {
    await create('AppVM', 'fedora', name, 'red');
    await set(name, 'netvm', '');
    await set(name, 'provides_network', 'True');
  }
  await set('dom0', 'default_netvm', 'net-one');
  for (const name of TEMPLATES) {
    await create('AppVM', 'fedora', name, 'red');
    await set(name, 'template_for_dispvms', 'True');
  }
  await set('dom0', 'default_dispvm', TEMPLATES[0]);
  for (const name of CALLERS) await create('AppVM', 'fedora', name, 'blue');
  await set(CALLERS[1], 'default_dispvm', TEMPLATES[1]);
  if (world.faults.length > 0) throw new Error('Its beginning has faults', { cause: world.faults });
  return seedOf(world.saved, world.disk);
}
