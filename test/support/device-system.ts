import type { ExecutionContext } from 'ava';

import { pythonStr } from '../../lib/base/python-text.ts';
import type { PciDevice } from '../../lib/hypervisor/hypervisor.ts';
import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import type { AskToAttach } from '../../lib/model/devices/ask-to-attach.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { openSystem } from './admin-system.ts';
import type { AdminSystem } from './admin-system.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The devices of the machine the reference was recorded on. */
const PCI_DEVICES: readonly PciDevice[] = [
  {
    address: '0000:00:14.0',
    vendorId: '8086',
    deviceId: 'a36d',
    classCode: '0c0330',
    vendor: 'Intel Corporation',
    product: 'Cannon Lake PCH USB 3.1 xHCI Host Controller',
  },
  {
    address: '0000:00:1f.0',
    vendorId: '8086',
    deviceId: '15bb',
    classCode: '020000',
    vendor: 'Intel Corporation',
    product: 'Ethernet Connection (7) I219-LM',
  },
];

/** The disks of the recorded backend. */
export const DISKS: Readonly<Record<string, string>> = {
  'sda/desc': 'ACME_Disk (USB_Stick)',
  'sda/size': '16000000000',
  'sda/mode': 'w',
  'sda1/desc': ' (DATA)',
  'sda1/size': '15999000000',
  'sda1/mode': 'w',
  'sda1/parent': 'sda',
  'sr0/desc': 'ACME_CD ()',
  'sr0/size': '700000000',
  'sr0/mode': 'r',
};

const PATIENCE_MS = 10_000;

class MachineWithDevices extends EmbeddedHypervisor {
  override get pciDevices(): typeof PCI_DEVICES {
    return PCI_DEVICES;
  }
}

/** An event without its payload's names: `work device-attach:block device=… options=…`. */
export type ToldEvent = string;

/** A system some of whose qubes run and have devices. */
export interface DeviceSystem extends AdminSystem {
  readonly qube: (name: string) => Qube;
  /** From now on a qube runs, without what a start does for it. */
  readonly run: (name: string) => Promise<void>;
  /** It has stopped, and all have been told. */
  readonly stop: (name: string) => Promise<void>;
  /** Writes entries below a folder of a qube's QubesDB, and that they have changed. */
  readonly expose: (
    name: string,
    folder: 'block' | 'usb',
    entries: Readonly<Record<string, string | Uint8Array>>,
  ) => Promise<void>;
  /** Takes devices away again. */
  readonly withdraw: (name: string, folder: 'block' | 'usb', port: string) => Promise<void>;
  /** What has been told since the last time, of devices. */
  readonly told: () => readonly ToldEvent[];
  /** Waits until that many events have been told, and returns them. */
  readonly hear: (count: number) => Promise<readonly ToldEvent[]>;
  /** Waits until something is so, or has not become so for long. */
  readonly until: (isSo: () => boolean | Promise<boolean>) => Promise<void>;
}

export async function openDeviceSystem(
  t: ExecutionContext,
  options: { readonly askToAttach?: AskToAttach } = {},
): Promise<DeviceSystem> {
  const system = await openSystem(t, {
    hypervisor: new MachineWithDevices(await temporaryFolder(t)),
    ...options,
  });
  const { app } = system;
  const { hypervisor, qubesdb } = app;
  const events: ToldEvent[] = [];
  app.addObserver((subject, event, payload) => {
    if (!event.startsWith('device-')) return;
    const facts = Object.entries(payload).map(([key, value]) => `${key}=${pythonStr(value)}`);
    events.push([subject?.name ?? '', event, ...facts].join(' '));
  });
  const qube = (name: string): Qube => {
    const found = app.qubes.find(name);
    if (found === undefined) throw new Error(`There is no qube ${name}`);
    return found;
  };
  const folderOf = (folder: string): string => `/qubes-${folder}-devices`;
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
      if (await isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const write = async (name: string, path: string, value: string | Uint8Array): Promise<void> => {
    await (await qubesdb.open(name))?.write(path, value);
  };
  return {
    ...system,
    qube,
    run: async (name) => {
      const { uuid } = qube(name);
      await qubesdb.start({ name, uuid });
      await hypervisor.create({
        ...{ uuid, name, memoryMiB: 400, maxMemoryMiB: 400, vcpus: 1, disks: [], devices: [] },
      });
      await hypervisor.unpause(uuid);
      await qube(name).act('domain-qdb-create', {});
    },
    stop: async (name) => {
      const { uuid } = qube(name);
      await hypervisor.destroy(uuid);
      await qubesdb.stop({ name, uuid });
      await qube(name).act('domain-shutdown', {});
    },
    expose: async (name, folder, entries) => {
      for (const [path, value] of Object.entries(entries)) {
        await write(name, `${folderOf(folder)}/${path}`, value);
      }
      await write(name, folderOf(folder), '');
    },
    withdraw: async (name, folder, port) => {
      await (await qubesdb.open(name))?.remove(`${folderOf(folder)}/${port}/`);
      await write(name, folderOf(folder), '');
    },
    told: () => events.splice(0),
    hear: async (count) => {
      await until(() => events.length >= count);
      return events.splice(0);
    },
    until,
  };
}
