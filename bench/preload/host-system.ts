import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';

import { parseReply } from '../../lib/admin/frames.ts';
import { exchange } from '../../test/support/embedded-system.ts';
import { setMachine } from '../../test/support/machine.ts';
import { DIST, startHost } from '../admin/processes.ts';
import type { Server } from '../admin/processes.ts';

/** The template of disposables of the sample system. */
export const TEMPLATE = 'default-dvm';
/** Memory of the machine that is played: there is enough for all that is started. */
const MEMORY_MIB = 1024 * 1024;
const POLL_MS = 50;
const NS_IN_MS = 1e6;
/** A host at rest uses less than the one in the time of the other. */
const RESTING_MS = 2;
const REST_MS = 250;

/** The sample system, and the resident host as it is installed, whose qubes take so long to start. */
export class HostSystem {
  readonly root: string;
  readonly #host: Server;

  static async start(folder: string, startSeconds: number): Promise<HostSystem> {
    const root = join(folder, 'system');
    const run = (args: string[]) =>
      execa(join(DIST, 'bin', 'qubes-rpc'), args, { env: { QUBES_RPC_ROOT: root } });
    await run(['init', '--sample']);
    await run(['host', 'stop']);
    const system = new HostSystem(root, await startHost(root));
    await system.takes(startSeconds);
    // Disposables are behind it; it is no part of what is measured.
    await system.ask('admin.vm.Start', 'sys-firewall');
    return system;
  }

  private constructor(root: string, host: Server) {
    this.root = root;
    this.#host = host;
  }

  /** From now on a qube takes so many seconds to start. */
  takes(startSeconds: number): Promise<void> {
    return setMachine(this, { memoryMiB: MEMORY_MIB, adminMemoryMiB: 4096, startSeconds });
  }

  /** Calls as dom0. @throws AdminError when it is refused */
  async ask(service: string, destination: string, payload = ''): Promise<string> {
    const name = service.includes('+') ? service : `${service}+`;
    const request = Buffer.from(`${name} dom0 name ${destination}\0${payload}`);
    return Buffer.from(parseReply(await exchange(this.#host.socket, request))).toString();
  }

  /** How long a call takes, in milliseconds, and its answer. */
  async time(...call: Parameters<HostSystem['ask']>): Promise<{ ms: number; answer: string }> {
    const begin = performance.now();
    const answer = await this.ask(...call);
    return { ms: performance.now() - begin, answer };
  }

  /** Has so many disposables wait, and returns when all of them stand still. */
  async stock(count: number): Promise<void> {
    await this.ask('admin.vm.feature.Set+preload-dispvm-max', TEMPLATE, String(count));
    for (;;) {
      const names = await this.listed();
      const states = await this.ask('admin.vm.List', 'dom0');
      const isReady = (name: string) => states.includes(`${name} class=DispVM state=Paused`);
      if (names.length === count && names.every(isReady)) return this.#rest();
      await sleep(POLL_MS);
    }
  }

  /** Processor time that the loop of the host has had, in milliseconds. */
  async cpuMs(): Promise<number> {
    const untrusted = await readFile(`/proc/${this.#host.pid}/schedstat`, 'utf8');
    return Number(untrusted.split(' ')[0]) / NS_IN_MS;
  }

  /** Returns when the host does nothing any more. */
  async #rest(): Promise<void> {
    for (let before = -Infinity, now = await this.cpuMs(); now - before > RESTING_MS;) {
      await sleep(REST_MS);
      before = now;
      now = await this.cpuMs();
    }
  }

  /** Names of those that wait. */
  async listed(): Promise<readonly string[]> {
    const list = await this.ask('admin.vm.feature.Get+preload-dispvm', TEMPLATE).catch(() => '');
    return list.split(' ').filter(Boolean);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.ask('admin.vm.Kill', name).catch(() => undefined);
      await this.ask('admin.vm.Remove', name).catch(() => undefined);
    }
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }
}
