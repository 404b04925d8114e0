import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Entry } from './entry.ts';
import { filesBelow } from './files-below.ts';
import { fileEntry } from './new-entry.ts';
import type { Place } from './place.ts';

/** Files that systemd reads by another name, and where it does. */
const NAMED: Readonly<Record<string, string>> = {
  'sysusers.conf': 'lib/sysusers.d/qubes-rpc.conf',
  // Not `qubes-rpc.conf`: a file of that name in /etc, by which services are taken over, would hide it.
  'tmpfiles.conf': 'lib/tmpfiles.d/qubes-rpcd.conf',
};

/** What is for systemd, all in `rpm/systemd`: a unit whose name is taken is installed beside. */
export async function unitEntries(root: string, place: Place): Promise<Entry[]> {
  const folder = join(root, 'rpm', 'systemd');
  const entries = (await filesBelow(folder)).map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    const installed = text.replaceAll('/usr/libexec/', `${place.prefix}/libexec/`);
    const read = `${place.prefix}/${NAMED[name] ?? `lib/systemd/system/${name}`}`;
    const path = place.isTaken(read) ? `${place.prefix}/share/qubes-rpc/systemd/${name}` : read;
    return fileEntry(path, Buffer.from(installed), ['dom0']);
  });
  return Promise.all(entries);
}
