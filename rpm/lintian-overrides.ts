import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What lintian is told of a package, and why: the paragraphs of `rpm/lintian-overrides` that name it,
 * without the lines about others.
 * @param root the checkout
 */
export async function lintianOverrides(root: string, packageName: string): Promise<string> {
  const all = await readFile(join(root, 'rpm', 'lintian-overrides'), 'utf8');
  const mine = `${packageName}: `;
  return all
    .split('\n\n')
    .map((paragraph) => paragraph.split('\n'))
    .filter((lines) => lines.some((line) => line.startsWith(mine)))
    .map((lines) => lines.filter((line) => line.startsWith('#') || line.startsWith(mine)))
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}
