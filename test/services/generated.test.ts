import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { generated } from '../../docs/generate.ts';
import { adminPolicy } from '../../lib/policy/admin-policy.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('policy and reference are as the declarations make them: else `make generate`', async (t) => {
  for (const [path, text] of await generated()) {
    t.is(await readFile(join(ROOT, path), 'utf8'), text, path);
  }
});

test('a rule goes by scope and effect', (t) => {
  const services = [
    { name: 'admin.c', access: { scope: 'local', effect: 'read' } },
    { name: 'admin.a', access: { scope: 'local', effect: 'write' } },
    { name: 'admin.b', access: { scope: 'global', effect: 'execute' } },
    { name: 'admin.vm.Create.AdminVM', access: { scope: 'global', effect: 'write' } },
    { name: 'internal.x', access: undefined },
    { name: 'qubes.Restore', access: { scope: 'global', effect: 'read' } },
  ] as const;
  const rules = adminPolicy(services)
    .split('\n')
    .filter((line) => !/^(#|$)/.test(line));
  t.deepEqual(rules, [
    '!include-service admin.a * include/admin-local-rwx',
    '!include-service admin.b * include/admin-global-rwx',
    '!include-service admin.c * include/admin-local-ro',
  ]);
});

test('the files it includes are there, without a rule of their own', async (t) => {
  const policy = await readFile(join(ROOT, 'policy', '90-admin-default.policy'), 'utf8');
  const included = new Set(
    [...policy.matchAll(/^!include-service \S+ \* (\S+)$/gm)].map(([, file]) => file),
  );
  t.deepEqual([...included].sort(), [
    'include/admin-global-ro',
    'include/admin-global-rwx',
    'include/admin-local-ro',
    'include/admin-local-rwx',
  ]);
  for (const file of included) {
    const text = await readFile(join(ROOT, 'policy', file ?? ''), 'utf8');
    const [, scope] = /admin-(\w+)-/.exec(file ?? '') ?? [];
    const expected = file?.endsWith('-ro') === true ? [`!include include/admin-${scope}-rwx`] : [];
    t.deepEqual(
      text.split('\n').filter((line) => !/^(#|$)/.test(line)),
      expected,
      file,
    );
  }
});
