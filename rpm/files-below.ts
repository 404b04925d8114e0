import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Files and links below a folder, by their paths in it, in the order of their bytes; none without it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory()) found.push(entry.name);
    else {
      const inside = await filesBelow(join(folder, entry.name));
      found.push(...inside.map((path) => join(entry.name, path)));
    }
  }
  return found.sort();
}
