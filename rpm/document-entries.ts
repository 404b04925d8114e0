import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Entry, PackageName } from './entry.ts';
import { filesBelow } from './files-below.ts';
import { fileEntry } from './new-entry.ts';
import type { Place } from './place.ts';

const COMPRESSION = { level: 9 };

/** Programs that come with dom0's package, and so do their manual pages and completions. */
const OF_DOM0 = ['qubes-rpcd', 'preload-dispvm'];

/** Manual pages, completions, licences and documents. */
export async function documentEntries(root: string, built: string, place: Place): Promise<Entry[]> {
  const share = `${place.prefix}/share`;
  const entries: Entry[] = [];
  for (const page of await filesBelow(join(root, 'docs', 'man'))) {
    const text = gzipSync(await readFile(join(root, 'docs', 'man', page)), COMPRESSION);
    const path = `${share}/man/man${extname(page).slice(1)}/${page}.gz`;
    entries.push({ ...fileEntry(path, text, packagesOf(page)), role: 'document' });
  }
  for (const file of await filesBelow(join(built, 'completions'))) {
    const text = await readFile(join(built, 'completions', file));
    entries.push(fileEntry(`${share}/bash-completion/completions/${file}`, text, packagesOf(file)));
  }
  return [...entries, ...(await licences(root, built, share)), ...(await documents(root, share))];
}

function packagesOf(file: string): readonly PackageName[] {
  return OF_DOM0.includes(basename(file, extname(file))) ? ['dom0'] : ['restore'];
}

/** The others need the first of these packages. */
async function licences(root: string, built: string, share: string): Promise<Entry[]> {
  const own = await readFile(join(root, 'LICENSE'));
  const bundled = await readFile(join(built, 'LICENSES'));
  return [
    fileEntry(`${share}/licenses/qubes-rpc-restore/LICENSE`, own, ['restore']),
    fileEntry(`${share}/licenses/qubes-rpc-restore/LICENSES`, bundled, ['restore']),
    fileEntry(`${share}/licenses/qubes-rpc-doc/LICENSE`, own, ['doc']),
  ].map((entry) => ({ ...entry, role: 'licence' }));
}

async function documents(root: string, share: string): Promise<Entry[]> {
  const top = (await readdir(root)).filter((file) => file.endsWith('.md'));
  const pages = (await filesBelow(join(root, 'docs')))
    .filter((file) => /^examples\/|\.(?:md|svg)$/.test(file))
    .map((file) => join('docs', file));
  const entries = [...top, ...pages].map(async (file): Promise<Entry> => {
    const text = await readFile(join(root, file));
    return { ...fileEntry(`${share}/doc/qubes-rpc/${file}`, text, ['doc']), role: 'document' };
  });
  return Promise.all(entries);
}
