import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

import type { Entry } from './entry.ts';
import { filesBelow } from './files-below.ts';
import { fileEntry } from './new-entry.ts';
import type { Place } from './place.ts';

/** Folders of `rpm/` whose files systemd reads, and where it does. */
const FOLDERS = {
  systemd: 'lib/systemd/system',
  'tmpfiles.d': 'lib/tmpfiles.d',
  'sysusers.d': 'lib/sysusers.d',
} as const;

/** What is for systemd: a unit whose name is taken is installed beside. */
export async function unitEntries(root: string, place: Place): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const [folder, to] of Object.entries(FOLDERS)) {
    for (const name of await filesBelow(join(root, 'rpm', folder))) {
      if (extname(name) === '.md') continue;
      const text = await readFile(join(root, 'rpm', folder, name), 'utf8');
      const installed = text.replaceAll('/usr/libexec/', `${place.prefix}/libexec/`);
      const read = `${place.prefix}/${to}/${name}`;
      const beside = `${place.prefix}/share/qubes-rpc/${folder}/${name}`;
      const path = place.isTaken(read) ? beside : read;
      entries.push(fileEntry(path, Buffer.from(installed), ['dom0']));
    }
  }
  return entries;
}
