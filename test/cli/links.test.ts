import { readdirSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import test from 'ava';

const ROOT = join(import.meta.dirname, '..', '..');

const PAGES = ['', 'docs', 'policy', 'rpm'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

for (const page of PAGES) {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
    .map(([, inline, reference]) => inline ?? reference ?? '')
    .filter((link) => !/^https?:/.test(link));
  if (links.length === 0) continue;

  test(`the links of ${page} lead somewhere`, async (t) => {
    for (const link of links) {
      const [path = '', part] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      await t.notThrowsAsync(access(join(ROOT, target)), link);
      if (part !== undefined) t.true(anchorsOf(target).includes(part), link);
    }
  });
}

/** The names of headings, as links say them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
