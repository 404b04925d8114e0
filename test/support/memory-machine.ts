import { join } from 'node:path';

import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { EmbeddedQmemman } from '../../lib/hypervisor/embedded-qmemman.ts';
import type { MachineSettings } from '../../lib/hypervisor/machine.ts';
import { Qmemman } from '../../lib/hypervisor/qmemman.ts';
import { FakeClock } from './fake-clock.ts';
import { setMachine } from './machine.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MIB = 1024 * 1024;

/** Time that also knows how much is waited for. */
class CountingClock extends FakeClock {
  #waiting = 0;

  override after(ms: number, callback: () => void): () => void {
    this.#waiting++;
    let isOver = false;
    const end = (): void => {
      if (!isOver) this.#waiting--;
      isOver = true;
    };
    const callOff = super.after(ms, () => {
      end();
      callback();
    });
    return () => {
      end();
      callOff();
    };
  }

  /** Returns when so many things are waited for. */
  async untilWaiting(count: number): Promise<void> {
    while (this.#waiting !== count) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A machine with 1000 MiB for qubes, which are called by their UUIDs, and a client of its memory. */
export class MemoryMachine {
  readonly clock = new CountingClock();
  readonly root: string;
  readonly folder: string;
  readonly hypervisor: EmbeddedHypervisor;
  readonly qmemman: EmbeddedQmemman;
  readonly client: Qmemman;

  static async make(
    t: Parameters<typeof temporaryFolder>[0],
    settings: MachineSettings = {},
  ): Promise<MemoryMachine> {
    const machine = new MemoryMachine(await temporaryFolder(t));
    await machine.set(settings);
    await machine.qmemman.start();
    t.teardown(async () => {
      machine.hypervisor.close();
      await machine.qmemman.close();
    });
    return machine;
  }

  private constructor(root: string) {
    this.root = root;
    this.folder = join(root, 'run');
    this.hypervisor = new EmbeddedHypervisor(root, { clock: this.clock });
    this.qmemman = new EmbeddedQmemman(this.folder, this.hypervisor.memory);
    this.client = new Qmemman(this.folder);
  }

  async set(settings: MachineSettings): Promise<void> {
    await setMachine(this, { memoryMiB: 1500, adminMemoryMiB: 500, ...settings });
  }

  async run(name: string, memoryMiB = 400): Promise<void> {
    const amounts = { memoryMiB, maxMemoryMiB: 4000 };
    await this.hypervisor.create({
      uuid: name,
      name,
      ...amounts,
      vcpus: 1,
      disks: [],
      devices: [],
    });
    await this.hypervisor.unpause(name);
  }

  xid(name: string): number {
    return this.hypervisor.domain(name).xid;
  }

  memoryMiB(name: string): number {
    return this.hypervisor.domain(name).memoryKiB / 1024;
  }

  /** What qmemman's file says, in MiB. */
  async availableMiB(): Promise<number | undefined> {
    const bytes = await this.client.available();
    return bytes === undefined ? undefined : bytes / MIB;
  }
}
