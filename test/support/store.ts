import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createLog } from '../../lib/base/log.ts';
import { parseXml } from '../../lib/base/xml/xml.ts';
import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { QUIET_DOORS } from './quiet-doors.ts';
import { App } from '../../lib/model/app.ts';
import type { Doors } from '../../lib/model/app.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { openStore } from '../../lib/model/store/open-store.ts';
import type { OpenStore } from '../../lib/model/store/open-store.ts';
import { readStore } from '../../lib/model/store/read-store.ts';
import { StoreWriter } from '../../lib/model/store/store-writer.ts';
import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';
import { FolderStorage } from '../../lib/storage/folder-storage.ts';

/** Stores that the reference wrote, by their place below `test/fixtures`. */
export const REAL_STORES = [
  'xml/store.qubes.xml',
  'xml/v4-gzip.qubes.xml',
  'xml/v4-zstd.qubes.xml',
  'admin/session/start.xml',
  'admin/session/after.xml',
] as const;

export function realStore(path: (typeof REAL_STORES)[number]): string {
  return readFileSync(join(import.meta.dirname, '..', 'fixtures', path), 'utf8');
}

/** A store that was read, and what it would be written as. */
export interface ReadStore {
  readonly app: App;
  readonly notes: readonly string[];
  readonly write: () => string;
}

/** Reads a store without a disk. */
export function read(xml: string): ReadStore {
  const app = new App(
    doorsOf('/var/lib/qubes'),
    createLog(() => undefined),
  );
  const notes: string[] = [];
  const rest = readStore(app, parseXml(Buffer.from(xml), 'qubes.xml'), (note) => notes.push(note));
  const writer = new StoreWriter(app, rest);
  return { app, notes, write: () => writer.bytes().toString() };
}

/** Opens the store of a folder; what it logs is gone. */
export function open(folder: string): Promise<OpenStore> {
  return openStore({ folder, doors: doorsOf(folder), log: createLog(() => undefined) });
}

/** Makes a folder a system, and opens it. */
export async function openIn(
  folder: string,
  xml = realStore('xml/store.qubes.xml'),
): Promise<OpenStore> {
  await writeFile(join(folder, 'qubes.xml'), xml);
  return open(folder);
}

/** The qube of that name. */
export function qubeOf(app: App, name: string): Qube {
  const qube = app.qubes.find(name);
  if (qube === undefined) throw new Error(`There is no ${name}`);
  return qube;
}

function doorsOf(folder: string): Doors {
  return {
    ...QUIET_DOORS,
    hypervisor: new EmbeddedHypervisor(folder),
    storage: new FolderStorage(folder),
    qubesdb: new EmbeddedQubesDb(folder),
  };
}
