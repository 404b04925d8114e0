import { homeDamage } from './home-path.ts';
import type { InnerEntry } from '../inner/inner-entry.ts';
import { partName, type WholeFolder } from './part.ts';

/** What can be nothing but a file. */
const PLAIN = /\.(?:img|xml|list)$/;

/**
 * The entries of a qube's whole folder (`vm9/.`) as they were meant, those not wanted left out.
 *
 * The writer put the name of the folder in the backup before every name, and as a side effect before
 * the target of every symlink: `icon.png -> vm9//usr/share/icon.png`. Here it is taken off again.
 * @param file name of the folder in the backup
 * @throws DamagedError for an image or document that is no file
 */
export async function* wholeFolderEntries(
  file: string,
  { wants }: WholeFolder,
  entries: AsyncIterable<InnerEntry>,
): AsyncGenerator<InnerEntry, void, undefined> {
  const prefix = file.slice(0, -1);
  for await (const entry of entries) {
    const { untrustedPath, type, untrustedLinkTarget: target } = entry;
    const inside = untrustedPath.startsWith(`${file}/`) ? untrustedPath.slice(file.length + 1) : '';
    const [name = ''] = inside.split('/', 1);
    if (name !== '' && !wants(partName(name))) continue;
    if (PLAIN.test(inside) && inside === name && type !== 'file') {
      throw homeDamage(untrustedPath, `it is a ${type}, not a file`);
    }
    const isPrefixed = type === 'symlink' && target?.startsWith(prefix) === true;
    yield isPrefixed ? withTarget(entry, target.slice(prefix.length)) : entry;
  }
}

function withTarget(entry: InnerEntry, untrustedLinkTarget: string): InnerEntry {
  return { ...entry, untrustedLinkTarget };
}
