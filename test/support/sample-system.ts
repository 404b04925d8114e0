import { createLog } from '../../lib/base/log.ts';
import { pythonStr } from '../../lib/base/python-text.ts';
import type { App } from '../../lib/model/app.ts';
import type { EventPayload } from '../../lib/model/events.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { followMachine } from '../../lib/model/power/follow-machine.ts';
import { openStore } from '../../lib/model/store/open-store.ts';
import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';
import { FolderStorage } from '../../lib/storage/folder-storage.ts';
import { makeSystem } from './embedded-system.ts';
import { PlayedHypervisor } from './played-hypervisor.ts';
import { QUIET_DOORS } from './quiet-doors.ts';
import { sessionStore } from './recorded-session.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An event as it goes over the wire: subject (empty for the system), name, payload. */
export type WireEvent = readonly [subject: string, event: string, payload: Record<string, string>];

/**
 * The system of the recorded session, open in this process: its store is real, and what its qubes
 * do is what a test says.
 */
export class SampleSystem {
  readonly root: string;
  readonly app: App;
  readonly hypervisor: PlayedHypervisor;

  static async open(
    t: Parameters<typeof temporaryFolder>[0],
    store = sessionStore('start'),
    folder?: string,
    machine?: PlayedHypervisor,
  ): Promise<SampleSystem> {
    folder ??= await temporaryFolder(t);
    await makeSystem(folder, store);
    const hypervisor = machine ?? new PlayedHypervisor(folder);
    const storage = new FolderStorage(folder);
    const qubesdb = new EmbeddedQubesDb(folder);
    const doors = { ...QUIET_DOORS, hypervisor, storage, qubesdb };
    const opened = await openStore({ folder, doors, log: createLog(() => undefined) });
    const stopFollowing = followMachine(opened.app);
    t.teardown(async () => {
      await stopFollowing();
      await opened.close();
      await doors.qubesdb.close();
    });
    return new SampleSystem(folder, opened.app, hypervisor);
  }

  private constructor(root: string, app: App, hypervisor: PlayedHypervisor) {
    this.root = root;
    this.app = app;
    this.hypervisor = hypervisor;
  }

  qube(name: string): Qube {
    const found = this.app.qubes.find(name);
    if (found === undefined) throw new Error(`There is no qube ${name}`);
    return found;
  }

  /** Sets a property by the text of a caller. */
  set(name: string, property: string, text: string): void {
    const qube = this.qube(name);
    this.app.apply(() => qube.setText(qube.property(property), text));
  }

  reset(name: string, property: string): void {
    const qube = this.qube(name);
    this.app.apply(() => qube.reset({ name: property }));
  }

  setGlobal(property: string, text: string): void {
    this.app.apply(() => this.app.setText(this.app.property(property), text));
  }

  resetGlobal(property: string): void {
    this.app.apply(() => this.app.reset({ name: property }));
  }

  /** A value as text; empty where there is none. */
  get(name: string, property: string): string {
    const qube = this.qube(name);
    const value = qube.find(qube.property(property));
    return value === undefined || value === null ? '' : pythonStr(value);
  }

  setFeature(name: string, feature: string, value: string): void {
    this.app.apply(() => this.qube(name).features.set(feature, value));
  }

  /** From now on a qube runs. */
  run(name: string): void {
    this.hypervisor.put(this.qube(name).uuid, 'Running');
  }

  /** What the observers hear while `work` runs. */
  async eventsOf(work: () => unknown): Promise<readonly WireEvent[]> {
    const events: WireEvent[] = [];
    const end = this.app.addObserver((subject, event, payload) => {
      events.push([subject?.name ?? '', event, printPayload(payload)]);
    });
    try {
      await work();
    } finally {
      end();
    }
    return events;
  }

  /** The same, without payloads: `work property-set:memory`. */
  async namesOfEvents(work: () => unknown): Promise<readonly string[]> {
    return (await this.eventsOf(work)).map(([subject, event]) => `${subject} ${event}`.trim());
  }
}

function printPayload(payload: EventPayload): Record<string, string> {
  const given = Object.entries(payload).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, pythonStr(value)]));
}
