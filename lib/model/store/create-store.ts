import { createLog } from '../../base/log.ts';
import { basename, dirname, join, normalize, resolve } from 'node:path';

import { NeedsError } from '../../base/errors.ts';
import { isFileName } from '../../base/file-name.ts';
import { openFolder } from '../../base/folder.ts';
import { diskError } from '../../base/disk-error.ts';
import { makePath } from '../../base/make-path.ts';
import { parseXml, select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';
import { App } from '../app.ts';
import type { Doors } from '../app.ts';
import { ADMIN_VM } from '../classes/admin-vm.ts';
import { label } from '../properties/base.ts';
import { defaultPools } from '../properties/system.ts';
import { Qube } from '../qube.ts';
import { editNamed, withAttribute } from './edit-xml.ts';
import { readStore } from './read-store.ts';
import { nothingMore } from './rest-of-store.ts';
import type { RestOfStore } from './rest-of-store.ts';
import { STORE, storeError } from './store-error.ts';
import { StoreFile } from './store-file.ts';
import { STOCK_FOLDER } from './store-owner.ts';
import { StoreWriter } from './store-writer.ts';

const FOLDERS = ['appvms', 'vm-templates', 'vm-kernels'];
const KERNELS = { name: 'linux-kernel', folder: 'vm-kernels' };

/**
 * Makes a fresh system in a folder: the built-in labels, dom0, a pool for volumes and one for
 * kernels.
 * @param doors of the system in that folder
 * @throws NeedsError when there is a system already, or the disk refuses
 */
export async function createStore(path: string, doors: Doors): Promise<void> {
  const folder = resolve(path);
  const app = new App(
    doors,
    createLog(() => undefined),
  );
  const driver = 'file-reflink';
  app.pools = [
    {
      name: 'varlibqubes',
      driver,
      config: new Map([
        ['dir_path', folder],
        ['driver', driver],
        ['revisions_to_keep', '1'],
        ['ephemeral_volatile', 'False'],
      ]),
    },
    {
      name: KERNELS.name,
      driver: KERNELS.name,
      config: new Map([
        ['dir_path', join(folder, KERNELS.folder)],
        ['driver', KERNELS.name],
      ]),
    },
  ];
  app.put(defaultPools.kernel.name, KERNELS.name);
  const admin = new Qube(app, ADMIN_VM);
  admin.put(label.name, app.label('black'));
  app.qubes.add(admin);
  await writeNew(folder, app, nothingMore());
}

/**
 * Takes the store of another system over: what its pools had below the folder of that system (on
 * Qubes /var/lib/qubes) is below this one now, folders of other pools are `pools/NAME` in it.
 * @throws NeedsError when there is a system already, or the disk refuses
 * @throws DamagedError when the store cannot be understood
 */
export async function adoptStore(
  path: string,
  untrustedXml: Uint8Array,
  doors: Doors,
): Promise<void> {
  const folder = resolve(path);
  const app = new App(
    doors,
    createLog(() => undefined),
  );
  const moved = movePools(parseXml(untrustedXml, STORE), folder);
  const rest = readStore(app, moved, () => undefined);
  await writeNew(folder, app, rest);
}

async function writeNew(folder: string, app: App, rest: RestOfStore): Promise<void> {
  await make(folder);
  const opened = await openFolder(folder);
  try {
    if (await opened.has(STORE)) {
      throw new NeedsError(`Cannot make a system in ${folder}: there is one already`, {
        hint: 'Choose another folder with --root.',
      });
    }
    for (const name of FOLDERS) await make(join(folder, name));
    for (const { config } of app.pools) {
      const path = config.get('dir_path');
      if (path !== undefined) await make(path);
    }
    await new StoreFile(opened).create(new StoreWriter(app, rest).bytes());
  } finally {
    await opened.close();
  }
}

function movePools(store: XmlElement, folder: string): XmlElement {
  const before = folderOf(store);
  return editNamed(store, 'pools', (pools) =>
    editNamed(pools, 'pool', (pool) => {
      const path = pool.attributes.get('dir_path');
      if (path === undefined) return pool;
      return withAttribute(pool, 'dir_path', join(folder, placeOf(pool, before, normalize(path))));
    }),
  );
}

/** The folder of a system: its kernels are always in it. */
function folderOf(store: XmlElement): string {
  for (const { attributes } of select(store, 'pools', 'pool')) {
    const path = normalize(attributes.get('dir_path') ?? '').replace(/\/$/, '');
    const isOfKernels = attributes.get('driver') === KERNELS.name;
    if (isOfKernels && basename(path) === KERNELS.folder) return dirname(path);
  }
  return STOCK_FOLDER;
}

function placeOf({ attributes }: XmlElement, before: string, path: string): string {
  if (path === before || path === `${before}/`) return '';
  if (path.startsWith(`${before}/`)) return path.slice(before.length + 1);
  const name = attributes.get('name') ?? '';
  if (!isFileName(name))
    throw storeError(`the pool ${name}`, 'its name cannot be that of a folder');
  return join('pools', name);
}

async function make(path: string): Promise<void> {
  try {
    await makePath(path);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
}
