import test from 'ava';
import * as z from 'zod';

import { QUBE_CLASSES } from '../../lib/model/classes/classes.ts';
import { SYSTEM_PROPERTIES } from '../../lib/model/properties/system.ts';
import type { Property, PropertyValue } from '../../lib/model/property.ts';
import type { QubeClassName } from '../../lib/model/qube.ts';
import { readFixture } from '../support/model-fixture.ts';
import { SampleSystem } from '../support/sample-system.ts';

const fact = z.object({
  name: z.string(),
  type: z.string(),
  has_default: z.boolean(),
  default: z.optional(
    z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      z.object({ dynamic: z.literal(true) }),
    ]),
  ),
  write_once: z.boolean(),
  read_only: z.boolean(),
  saved: z.boolean(),
  load_stage: z.number(),
  cloned: z.boolean(),
});
type Fact = z.infer<typeof fact>;

const facts = z.record(z.string(), z.array(fact)).parse(await readFixture('properties'));

/** A qube of each class in the sample. */
const EXAMPLES: Readonly<Record<QubeClassName, string>> = {
  AdminVM: 'dom0',
  TemplateVM: 'fedora-41',
  AppVM: 'vault',
  StandaloneVM: 'standalone1',
  DispVM: 'disp1234',
  RemoteVM: 'remote1',
};

/** A row as the facts tell it, without its default. */
function factsOf(row: Property<never>): Omit<Fact, 'default'> {
  return {
    name: row.name,
    type: row.type,
    has_default: row.defaultOf !== undefined,
    write_once: row.writeOnce,
    read_only: row.readOnly,
    saved: row.saved,
    load_stage: row.stage,
    cloned: row.cloned,
  };
}

/** The same, as the reference has it. */
function recorded(holder: string): readonly Omit<Fact, 'default'>[] {
  return (facts[holder] ?? []).map((row) => fact.omit({ default: true }).parse(row));
}

for (const { name, properties } of Object.values(QUBE_CLASSES)) {
  test(`the properties of ${name}, in order, are the reference's`, (t) => {
    t.deepEqual([...properties].map(factsOf), recorded(name));
  });

  test(`the fixed defaults of ${name} are the reference's`, async (t) => {
    const system = await SampleSystem.open(t);
    const qube = system.qube(EXAMPLES[name]);
    t.deepEqual(
      fixedDefaults(facts[name] ?? [], (row) => qube.defaultOf(row)),
      expected(name),
    );
  });
}

test("the global properties, in order, are the reference's", (t) => {
  t.deepEqual([...SYSTEM_PROPERTIES].map(factsOf), recorded('global'));
});

test("the fixed global defaults are the reference's", async (t) => {
  const { app } = await SampleSystem.open(t);
  t.deepEqual(
    fixedDefaults(facts['global'] ?? [], (row) => app.defaultOf(row)),
    expected('global'),
  );
});

test('every property says what it is for', (t) => {
  for (const { name, properties } of Object.values(QUBE_CLASSES)) {
    // What is fixed for dom0 needs no word.
    const silent = [...properties].filter(({ doc }) => doc === '').map((row) => row.name);
    t.deepEqual(silent, name === 'AdminVM' ? ['name', 'qid', 'uuid'] : []);
  }
});

type Fixed = readonly (readonly [name: string, value: unknown])[];

function fixedDefaults(
  rows: readonly Fact[],
  defaultOf: (row: Fact) => PropertyValue | undefined,
): Fixed {
  return rows.filter(isFixed).map((row) => [row.name, defaultOf(row)]);
}

function expected(holder: string): Fixed {
  return (facts[holder] ?? []).filter(isFixed).map((row) => [row.name, row.default]);
}

function isFixed({ default: value }: Fact): boolean {
  return value === null || (value !== undefined && typeof value !== 'object');
}
