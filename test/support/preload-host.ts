import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import type { QubeDescription } from '../../lib/admin/description.ts';
import { connectToDaemon, SocketTransport } from '../../lib/admin/socket-transport.ts';
import { socketOf, socketPath } from '../../lib/admin/start-host.ts';
import { runProgram, type RunOptions, type RunResult } from './run-program.ts';
import { builtFolder } from './service-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The template whose disposables are started ahead. */
export const TEMPLATE = 'default-dvm';

const STEP_MS = 20;

/** What there is of disposables. */
export interface Stock {
  /** Names of those that wait for their use. */
  readonly list: readonly string[];
  /** All, by name. */
  readonly there: ReadonlyMap<string, QubeDescription>;
}

/** The sample of an embedded system, as a person makes it, with its real host. */
export class PreloadHost {
  readonly root: string;
  readonly client: AdminClient;
  readonly #program: string;

  /** Makes one; its host goes with the test. */
  static async make(t: ExecutionContext): Promise<PreloadHost> {
    const root = join(await temporaryFolder(t), 'system');
    const system = new PreloadHost(root, join(await builtFolder(), 'bin', 'qubes-rpc'));
    t.teardown(() => system.rpc('host stop').then(() => undefined));
    await system.rpc('init --sample', { mustSucceed: true });
    return system;
  }

  private constructor(root: string, program: string) {
    this.root = root;
    this.#program = program;
    const transport = new SocketTransport((method) =>
      connectToDaemon(socketPath(root, socketOf(method))),
    );
    this.client = new AdminClient(new AdminCalls(transport));
  }

  /** Runs qubes-rpc; words are parted by single spaces. */
  rpc(line: string, options: RunOptions = {}): Promise<RunResult> {
    const env = { QUBES_RPC_ROOT: this.root, ...options.env };
    return runProgram(this.#program, line.split(' '), { ...options, env });
  }

  /** The disposables that there are, and those of them that wait for their use, at one moment. */
  async look(): Promise<Stock> {
    const all = new Map((await this.client.describe()).map((qube) => [qube.name, qube] as const));
    const list = all.get(TEMPLATE)?.features.get('preload-dispvm') ?? '';
    return {
      list: list.split(' ').filter(Boolean),
      there: new Map([...all].filter(([, qube]) => qube.class === 'DispVM')),
    };
  }

  setMax(max: number): Promise<void> {
    return this.client.qube(TEMPLATE).features.set('preload-dispvm-max', String(max));
  }

  /** Asks for a disposable, as a person does. @returns its name */
  request(): Promise<string> {
    return this.client.calls.text('admin.vm.CreateDisposable', { destination: TEMPLATE });
  }

  /** Waits until so many are ready, and no other comes or goes; the test's own time ends it. */
  async untilReady(count: number): Promise<Stock> {
    for (;;) {
      const stock = await this.look();
      const isReady = (name: string): boolean => stock.there.get(name)?.state === 'Paused';
      const isComplete = stock.list.length === count && stock.list.every(isReady);
      if (isComplete && ![...stock.there.values()].some(isOnItsWay)) return stock;
      await delay(STEP_MS);
    }
  }

  /** Names of what is on disk of disposables: their volumes and homes. */
  left(): readonly string[] {
    const folders = ['appvms', 'home'].flatMap((one) => readdirSync(join(this.root, one)));
    return [...new Set(folders)].filter((name) => /^disp\d+$/.test(name));
  }

  /** Names of what runs, by the machine. */
  running(): readonly string[] {
    const file = join(this.root, 'run', 'domains.json');
    // Between two states, and where a host was killed there, only the new one is to be had.
    const text = textOf(file) ?? textOf(`${file}.partial`) ?? textOf(file) ?? '';
    const { domains } = JSON.parse(text) as { domains: readonly { name: string }[] };
    return domains.map(({ name }) => name);
  }
}

function isOnItsWay({ features }: QubeDescription): boolean {
  return (features.get('preload-dispvm-in-progress') ?? '') !== '';
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
