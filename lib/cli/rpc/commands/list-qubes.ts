import type { QubeDescription } from '../../../admin/description.ts';
import { UsageError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import type { Field } from '../../table.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

const COLUMNS = ['NAME', 'CLASS', 'STATE', 'label', 'template', 'netvm'];

/** Facts of a qube that are no properties. */
const FACTS: Readonly<Record<string, (qube: QubeDescription) => Field>> = {
  NAME: ({ name }) => name,
  CLASS: (qube) => qube.class,
  STATE: ({ state }) => state,
  UUID: ({ uuid }) => uuid,
  TAGS: ({ tags }) => tags.join(','),
};

/** `ls`: qubes, filtered, with the columns that were asked for. */
export async function listQubes(
  { names, class: wantedClass, tag, running, columns = COLUMNS }: RequestFor<'ls'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  // Of one qube the daemon need not describe all; and it says itself when there is no such qube.
  const [only, ...others] = names;
  const all = await client.describe(others.length === 0 ? only : undefined);
  const missing = names.find((name) => !all.some((qube) => qube.name === name));
  if (missing !== undefined) throw new UsageError(`There is no qube ${missing}`);
  await requireColumns(columns, all, client);
  const chosen = all.filter(
    (qube) =>
      (names.length === 0 || names.includes(qube.name)) &&
      (wantedClass === undefined || qube.class === wantedClass) &&
      (tag === undefined || qube.tags.includes(tag)) &&
      (!running || qube.state === 'Running'),
  );
  await screen.show(chosen.map(qubeLine), {
    head: columns.map((column) => column.toUpperCase()),
    rows: chosen.map((qube) => columns.map((column) => field(qube, column))),
  });
}

/** @throws UsageError for a column that is neither a fact nor a property of any qube */
async function requireColumns(
  columns: readonly string[],
  described: readonly QubeDescription[],
  client: RpcDoors['client'],
): Promise<void> {
  const known = new Set([...COLUMNS, ...propertiesOf(described)]);
  const isKnown = (column: string): boolean =>
    known.has(column) || Object.hasOwn(FACTS, column.toUpperCase());
  if (columns.every(isKnown)) return;
  // One qube need not have what another has.
  for (const name of propertiesOf(await client.describe())) known.add(name);
  const wrong = columns.find((column) => !isKnown(column));
  if (wrong === undefined) return;
  const properties = [...known].filter((name) => !Object.hasOwn(FACTS, name)).sort();
  throw new UsageError(`There is no column "${printable(wrong)}"`, {
    hint: `There are ${[...Object.keys(FACTS), ...properties].join(', ')}.`,
  });
}

function propertiesOf(qubes: readonly QubeDescription[]): readonly string[] {
  return qubes.flatMap(({ properties }) => [...properties.keys()]);
}

function field(qube: QubeDescription, column: string): Field {
  const fact = FACTS[column.toUpperCase()];
  const value = fact === undefined ? qube.properties.get(column)?.value : fact(qube);
  return value === '' ? undefined : value;
}

function qubeLine(qube: QubeDescription): RpcLine {
  const properties = [...qube.properties].map(
    ([name, { value, type, default: isDefault }]) =>
      [name, { value, valueType: type, default: isDefault }] as const,
  );
  return {
    type: 'qube',
    name: qube.name,
    class: qube.class,
    state: qube.state,
    ...(qube.uuid === undefined ? {} : { uuid: qube.uuid }),
    properties: Object.fromEntries(properties),
    features: Object.fromEntries(qube.features),
    tags: [...qube.tags],
  };
}
