import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import test from 'ava';

import { documentEntries } from '../../rpm/document-entries.ts';
import { ownSystem } from '../../rpm/place.ts';
import { sandbox } from '../support/sandbox.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = '/usr/share/doc/qubes-rpc/';

/** These have places of their own. */
const ELSEWHERE = /\/man(?:\/|$)|\/LICENSE$/;

test('what the installed documents show and lead to is installed', async (t) => {
  const built = await sandbox(t);
  await writeFile(join(built, 'LICENSES'), '');
  const entries = await documentEntries(ROOT, built, ownSystem('/usr'));
  const documents = entries.filter(({ path }) => path.startsWith(FOLDER));
  const paths = new Set(documents.map(({ path }) => path));
  const missing = documents.flatMap(({ path, content }) => {
    if (content.kind !== 'file' || !path.endsWith('.md')) return [];
    const links = Buffer.from(content.bytes)
      .toString()
      .matchAll(/\]\((?!https?:)([^)#\s]+)/g);
    return [...links]
      .map(([, link = '']) => join(dirname(path), link))
      .filter((target) => !paths.has(target) && !ELSEWHERE.test(target));
  });
  t.true(paths.size > 15);
  t.deepEqual(missing, []);
});
