import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import * as z from 'zod';

import { ADMIN_SERVICES } from '../../services/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const Method = z.object({
  name: z.string(),
  api: z.string(),
  destination: z.string(),
  argument: z.string(),
  payload: z.string(),
  access: z.nullable(z.object({ scope: z.string(), effect: z.string() })),
});

/** How the reference declares its calls. */
const METHODS = readFileSync(join(ROOT, 'test', 'fixtures', 'admin', 'methods.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Method.parse(JSON.parse(line)));

/** What is ours alone. */
const OWN = ['admin.vm.Describe', 'internal.vm.volume.ExportBegin', 'internal.vm.volume.ExportEnd'];

/** Declared otherwise than in the reference, on purpose. */
const MENDED: Readonly<Record<string, Partial<z.infer<typeof Method>>>> = {
  // An empty payload empties the notes.
  'admin.vm.notes.Set': { payload: 'optional' },
};

test('every call of the reference is declared as there', (t) => {
  const declared = new Map(ADMIN_SERVICES.map((service) => [service.name, service]));
  for (const method of METHODS) {
    const service = declared.get(method.name);
    t.truthy(service, method.name);
    if (service === undefined) continue;
    const { name, api, destination, argument, payload, access } = service;
    const ours = { name, api, destination, argument, payload, access: access ?? null };
    t.deepEqual(ours, { ...method, ...MENDED[name] });
  }
});

test('every name is declared once, and is one of the reference unless it is known to be ours', (t) => {
  const names = ADMIN_SERVICES.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  const theirs = new Set(METHODS.map(({ name }) => name));
  t.deepEqual(
    names.filter((name) => !theirs.has(name)),
    OWN,
  );
});

test('whatever a file of services declares is served, and is in the file of its object', async (t) => {
  const served = new Set(ADMIN_SERVICES);
  const files = readdirSync(join(ROOT, 'services')).filter((file) => file !== 'index.ts');
  for (const file of files) {
    const { services = [] } = (await import(join(ROOT, 'services', file))) as {
      readonly services?: typeof ADMIN_SERVICES;
    };
    for (const service of services) {
      t.true(served.has(service), `${service.name} is served`);
      const object = file.slice(0, -'.ts'.length);
      t.true(
        service.name === object || service.name.startsWith(`${object}.`),
        `${service.name} is in ${file}`,
      );
    }
  }
});

test('every summary is a sentence', (t) => {
  for (const { name, summary } of ADMIN_SERVICES) t.regex(summary, /^[A-Z].*[^.]\.$|`\.$/, name);
});
