import test from 'ava';
import type { ExecutionContext } from 'ava';

import { preloadList } from '../../lib/model/preload/preload-features.ts';
import { preloadWorld } from './preload-world.ts';
import type { PreloadWorld } from './preload-world.ts';
import { callerOf } from './world-caller.ts';

/** Longer than any start, and any delay until one, takes by itself. */
const LONG_MS = 60_000;

/** A world in which somebody does things by calls, and looks what comes of them. */
export class Scene {
  readonly world: PreloadWorld;
  readonly call: (text: string) => Promise<string>;
  readonly refused: (text: string) => Promise<string>;

  constructor(t: ExecutionContext, world: PreloadWorld) {
    const { call, refused } = callerOf(t, world);
    this.world = world;
    this.call = call;
    this.refused = refused;
  }

  /** Names of those of a template that wait. */
  list(template: string): readonly string[] {
    return preloadList(this.world.qube(template));
  }

  /** Names of all disposables. */
  disposables(): readonly string[] {
    const { qubes } = this.world.host.app;
    return [...qubes].filter(({ className }) => className === 'DispVM').map(({ name }) => name);
  }

  async feature(qube: string, name: string, value: string): Promise<void> {
    await this.call(`admin.vm.feature.Set+${name} ${qube} ${value}`);
  }

  async removeFeature(qube: string, name: string): Promise<void> {
    await this.call(`admin.vm.feature.Remove+${name} ${qube}`);
  }

  /** @param qube dom0 for what the system has */
  async property(qube: string, name: string, value: string): Promise<void> {
    const kind = qube === 'dom0' ? 'admin.property' : 'admin.vm.property';
    await this.call(`${kind}.Set+${name} ${qube} ${value}`);
  }

  /** The value as it is printed. */
  async get(qube: string, name: string): Promise<string> {
    return (await this.call(`admin.vm.property.Get+${name} ${qube}`)).split(' ').slice(2).join(' ');
  }

  async setMax(qube: string, max: number | ''): Promise<void> {
    await this.feature(qube, 'preload-dispvm-max', String(max));
  }

  /** Asks for a disposable. @returns its name */
  request(template: string): Promise<string> {
    return this.call(`admin.vm.CreateDisposable ${template}`);
  }

  /** Lets everything come to its end. */
  calm(): Promise<void> {
    return this.world.pass(LONG_MS);
  }

  /** What is told while something is done, and follows at once: `SUBJECT EVENT`. */
  async told(work: () => Promise<unknown>): Promise<readonly string[]> {
    const lines: string[] = [];
    const { app } = this.world.host;
    const stop = app.addObserver((subject, event, payload) => {
      const { reason } = payload as { readonly reason?: string };
      const why = reason === undefined ? '' : ` ${reason}`;
      lines.push(`${subject?.name ?? ''} ${event}${why}`);
    });
    await work();
    await this.world.pass(0);
    stop();
    return lines;
  }

  /** The same, of what is told when a stock is to be filled. */
  async starts(work: () => Promise<unknown>): Promise<readonly string[]> {
    const event = ' domain-preload-dispvm-start';
    const lines = (await this.told(work)).filter((line) => line.includes(event));
    return lines.map((line) => line.replace(event, ':'));
  }
}

/**
 * A test in a world of its own.
 * @param like tests of the reference that are about the same
 */
export function scenario(
  title: string,
  like: string,
  play: (t: ExecutionContext, scene: Scene) => Promise<void>,
): void {
  test(`${title} [${like}]`, async (t) => {
    const scene = new Scene(t, await preloadWorld());
    await play(t, scene);
    t.deepEqual(scene.world.faults, []);
  });
}
