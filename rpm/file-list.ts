import { readFile, readlink } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';

import { packagedServices } from './declared.ts';
import { documentEntries } from './document-entries.ts';
import type { Entry, PackageName } from './entry.ts';
import { filesBelow } from './files-below.ts';
import { fileEntry, folderEntry, linkEntry, programEntry } from './new-entry.ts';
import type { Place } from './place.ts';
import { unitEntries } from './unit-entries.ts';

/** Bundles and programs that are not in `qubes-rpc-restore`. */
const OF_DOM0 = ['admin-call', 'preload-dispvm'];

/** The link of this program; its bundle is wherever an embedded system may start it. */
const HOST = 'qubes-rpcd';

/** The package that all with services need. */
const HOME: readonly PackageName[] = ['restore'];

/** How programs begin as they are built. */
const FIRST_LINE = /^#!.*\n/;

/**
 * All that is installed: from it come the staged tree, the lists of the packages, and what the
 * tests compare both with.
 * @param root the checkout
 * @param built what `build.mjs` has made of it
 */
export async function fileList(root: string, built: string, place: Place): Promise<Entry[]> {
  const entries = [
    ...(await serviceEntries(built, place)),
    ...(await programEntries(built, place)),
    ...(await policyEntries(built, place)),
    ...(await unitEntries(root, place)),
    ...(await documentEntries(root, built, place)),
  ];
  return [...entries, ...foldersOf(entries, place)].sort((one, other) =>
    one.path < other.path ? -1 : 1,
  );
}

function home({ prefix }: Place): string {
  return `${prefix}/libexec/qubes-rpc`;
}

/** The services beside the stock ones; those whose names are free are where qrexec looks as well. */
async function serviceEntries(built: string, place: Place): Promise<Entry[]> {
  const entries: Entry[] = [];
  const configured = await filesBelow(join(built, 'rpc-config'));
  for (const { name, isCalled, packages } of await packagedServices()) {
    const path = `${home(place)}/services/${name}`;
    const bundle = await readlink(join(built, 'services', name));
    entries.push(linkEntry(path, posix.join(path, '..', bundle), packages));
    const called = `/etc/qubes-rpc/${name}`;
    const isFree = isCalled && !place.isTaken(called);
    if (isFree) entries.push({ ...linkEntry(called, path, packages), role: 'config' });
    if (!configured.includes(name)) continue;
    const config = await readFile(join(built, 'rpc-config', name));
    entries.push(fileEntry(`${home(place)}/rpc-config/${name}`, config, packages));
    if (!isFree) continue;
    const read = `/etc/qubes/rpc-config/${name}`;
    entries.push({ ...fileEntry(read, config, packages), role: 'config' });
  }
  return entries;
}

async function programEntries(built: string, place: Place): Promise<Entry[]> {
  const services = new Map(
    (await packagedServices()).map(({ name, packages }) => [name, packages]),
  );
  const packagesOf = (name: string): readonly PackageName[] =>
    services.get(name) ?? [OF_DOM0.includes(name) ? 'dom0' : 'restore'];
  const entries: Entry[] = [];
  for (const file of await filesBelow(join(built, 'lib'))) {
    const text = await readFile(join(built, 'lib', file), 'utf8');
    const { interpreter } = place;
    const program =
      interpreter === undefined ? text : text.replace(FIRST_LINE, `#!${interpreter}\n`);
    const packages = packagesOf(basename(file, '.cjs'));
    entries.push(programEntry(`${home(place)}/lib/${file}`, Buffer.from(program), packages));
  }
  const links = [
    { from: 'bin', to: `${place.prefix}/bin` },
    { from: 'libexec', to: home(place) },
    { from: 'embedded-rpc', to: `${home(place)}/embedded-rpc` },
  ];
  for (const { from, to } of links) {
    for (const name of await filesBelow(join(built, from))) {
      const bundle = basename(await readlink(join(built, from, name)));
      const packages = name === HOST ? (['dom0'] as const) : packagesOf(basename(bundle, '.cjs'));
      entries.push(linkEntry(`${to}/${name}`, `${home(place)}/lib/${bundle}`, packages));
    }
  }
  return entries;
}

/** For embedded systems all of it, and for dom0 what is not one of the stock files. */
async function policyEntries(built: string, place: Place): Promise<Entry[]> {
  const shared = `${place.prefix}/share/qubes-rpc/policy`;
  const entries: Entry[] = [linkEntry(`${home(place)}/policy`, shared, ['restore'])];
  for (const file of await filesBelow(join(built, 'policy'))) {
    const text = await readFile(join(built, 'policy', file));
    entries.push(fileEntry(`${shared}/${file}`, text, ['restore']));
    const read = `/etc/qubes/policy.d/${file}`;
    if (place.isTaken(read)) continue;
    entries.push({ ...fileEntry(read, text, ['dom0']), role: 'config' });
  }
  return entries;
}

/** Those between a path and a folder of the system are ours. */
function foldersOf(entries: readonly Entry[], place: Place): Entry[] {
  const packages = new Map<string, Set<PackageName>>();
  for (const entry of entries) {
    for (const folder of ownFolders(entry.path, place)) {
      // The programs look into all of ours, whichever packages fill them.
      const named = packages.get(folder) ?? new Set(folder.startsWith(home(place)) ? HOME : []);
      for (const one of entry.packages) named.add(one);
      packages.set(folder, named);
    }
  }
  return [...packages].map(([path, named]) => folderEntry(path, [...named]));
}

/** Folders above a path, up to the one that is called like us. */
function ownFolders(path: string, { prefix }: Place): string[] {
  const folders: string[] = [];
  for (let folder = posix.dirname(path); folder.startsWith(`${prefix}/`);) {
    folders.push(folder);
    if (posix.basename(folder).startsWith('qubes-rpc')) return folders;
    folder = posix.dirname(folder);
  }
  return [];
}
