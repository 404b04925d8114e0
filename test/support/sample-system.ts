import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { App } from '../../lib/model/app.ts';
import { QUBE_CLASSES } from '../../lib/model/classes/classes.ts';
import { createQube } from '../../lib/model/create-qube.ts';
import type { EventPayload } from '../../lib/model/events.ts';
import { label as labelRow } from '../../lib/model/properties/base.ts';
import { Qube } from '../../lib/model/qube.ts';
import type { QubeClassName } from '../../lib/model/qube.ts';
import { FolderStorage } from '../../lib/storage/folder-storage.ts';
import { pythonStr } from '../../lib/base/python-text.ts';
import { PlayedHypervisor } from './played-hypervisor.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Teardown = Parameters<typeof temporaryFolder>[0];

/** The qubes of the recorded system, in the order of their numbers. */
const QUBES: readonly (readonly [className: QubeClassName, name: string, label: string])[] = [
  ['TemplateVM', 'fedora-41', 'black'],
  ['AppVM', 'sys-net', 'red'],
  ['AppVM', 'sys-firewall', 'green'],
  ['AppVM', 'default-dvm', 'red'],
  ['StandaloneVM', 'standalone1', 'yellow'],
  ['AppVM', 'work', 'blue'],
  ['AppVM', 'personal', 'yellow'],
  ['AppVM', 'vault', 'black'],
  ['AppVM', 'untrusted', 'red'],
  ['DispVM', 'disp1234', 'red'],
  ['RemoteVM', 'remote1', 'orange'],
];

export const KERNEL = '6.6.1';

/** An event as it goes over the wire: subject (empty for the system), name, payload. */
export type WireEvent = readonly [subject: string, event: string, payload: Record<string, string>];

/** A system as in the recordings, on a folder of the test's own; its memory is never saved. */
export class SampleSystem {
  readonly folder: string;
  readonly hypervisor = new PlayedHypervisor();
  readonly app: App;

  static async make(t: Teardown): Promise<SampleSystem> {
    const system = new SampleSystem(await temporaryFolder(t));
    await system.#fill();
    return system;
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.app = new App({ hypervisor: this.hypervisor, storage: new FolderStorage(folder) });
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

  setGlobal(property: string, text: string): void {
    this.app.apply(() => this.app.setText(this.app.property(property), text));
  }

  /** A value as text. */
  get(name: string, property: string): string {
    const qube = this.qube(name);
    const value = qube.find(qube.property(property));
    return value === undefined ? '' : pythonStr(value);
  }

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

  async #fill(): Promise<void> {
    const { app, folder } = this;
    await mkdir(join(folder, 'vm-kernels', KERNEL), { recursive: true });
    await writeFile(join(folder, 'vm-kernels', KERNEL, 'vmlinuz'), '');
    app.pools = [
      pool('varlibqubes', { driver: 'file-reflink', dir_path: folder }),
      pool('linux-kernel', { driver: 'linux-kernel', dir_path: join(folder, 'vm-kernels') }),
    ];
    const admin = new Qube(app, QUBE_CLASSES.AdminVM);
    admin.put(labelRow.name, app.label('black'));
    app.add(admin);
    app.loaded();
    admin.become('listed');
    this.setGlobal('default_kernel', KERNEL);
    this.setGlobal('default_pool_kernel', 'linux-kernel');
    for (const [className, name, label] of QUBES) {
      const createdBy = admin;
      const qube = await createQube(app, { className, name, label: app.label(label), createdBy });
      qube.tags.delete('created-by-dom0');
      if (name === 'fedora-41') this.setGlobal('default_template', name);
      if (name.startsWith('sys-')) this.set(name, 'provides_network', 'True');
      if (name === 'sys-firewall') this.set(name, 'netvm', 'sys-net');
      if (name === 'default-dvm') this.set(name, 'template_for_dispvms', 'True');
      if (name === 'default-dvm') this.setGlobal('default_dispvm', name);
    }
    this.set('sys-net', 'netvm', '');
    this.set('vault', 'netvm', '');
    this.setGlobal('default_netvm', 'sys-firewall');
    this.setGlobal('updatevm', 'sys-firewall');
    this.setGlobal('clockvm', 'sys-net');
  }
}

function pool(name: string, config: Readonly<Record<string, string>>) {
  return { name, driver: config['driver'] ?? '', config: new Map(Object.entries(config)) };
}

function printPayload(payload: EventPayload): Record<string, string> {
  const given = Object.entries(payload).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, pythonStr(value)]));
}
