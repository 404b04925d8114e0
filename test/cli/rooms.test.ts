import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test from 'ava';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');

/** All use it, and `cli` and its mains join the rest: of these the drawing has the beginnings only. */
const USED_BY_ALL = 'base';
const JOINING = ['cli', 'main'];

const drawn = [...PAGE.matchAll(/^ {2}(\w+) -->(?:\|\w+\|)? (\w+)$/gm)].map(([, from, to]) => [
  from ?? '',
  to ?? '',
]);

const imports = ['lib', 'services']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  )
  .flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, target]) => [
      roomOf(file),
      roomOf(join(dirname(file), target ?? '')),
    ]);
  });

/** `lib/model/app.ts` is in the room `model`. */
function roomOf(file: string): string {
  if (/^lib\/cli\/[^/]+\.main\.ts$/.test(file)) return 'main';
  return /^(?:lib\/)?([^/]+)\//.exec(file)?.[1] ?? file;
}

function arrows(pairs: readonly (readonly string[])[]): string[] {
  return [...new Set(pairs.map(([from, to]) => `${from} --> ${to}`))].sort();
}

test('the arrows of docs/architecture.md are those of the imports', (t) => {
  const isTold = ([from = '', to = '']: readonly string[]): boolean =>
    from !== to && to !== USED_BY_ALL && from !== 'lib' && !JOINING.includes(from);
  t.deepEqual(arrows(drawn.filter(isTold)), arrows(imports.filter(isTold)));
});

test('no arrow of docs/architecture.md is made up', (t) => {
  const real = new Set(arrows(imports));
  t.true(drawn.length > 25);
  t.deepEqual(
    arrows(drawn).filter((arrow) => !real.has(arrow)),
    [],
  );
});
