import type { Properties } from '../../../admin/properties.ts';
import type { PropertyValue } from '../../../admin/property-value.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `prefs`: properties of a qube or of the system. */
export async function showOrSetProperties(
  request: RequestFor<'prefs'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const { qube, property: name, value } = request;
  const properties = qube === undefined ? client.system : client.qube(qube).properties;
  const whose = qube === undefined ? {} : { qube };
  if (name === undefined) {
    await showAll(properties, whose, screen);
  } else if (request.default) {
    const found = await properties.getDefault(name);
    const facts = found === undefined ? {} : { value: found.value, valueType: found.type };
    await screen.showText({ type: 'default', ...whose, name, ...facts }, found?.value ?? '');
  } else if (request.helpProperty) {
    const text = await properties.help(name);
    await screen.showText({ type: 'help', ...whose, name, text }, text);
  } else if (request.reset || value !== undefined) {
    await (value === undefined ? properties.reset(name) : properties.set(name, value));
    await screen.done({ type: 'done', command: 'prefs', ...whose, name });
  } else {
    const found = await properties.get(name);
    await screen.showText(propertyLine(whose, name, found), found.value);
  }
}

type Whose = Readonly<{ qube?: string }>;

async function showAll(
  properties: Properties,
  whose: Whose,
  screen: RpcDoors['screen'],
): Promise<void> {
  const all = [...(await properties.getAll())];
  await screen.show(
    all.map(([name, found]) => propertyLine(whose, name, found)),
    {
      head: ['NAME', 'SET', 'VALUE'],
      rows: all.map(([name, { value, default: isDefault }]) => [
        name,
        isDefault ? 'default' : 'own',
        value === '' ? undefined : value,
      ]),
    },
  );
}

function propertyLine(whose: Whose, name: string, found: PropertyValue): RpcLine {
  const { value, type, default: isDefault } = found;
  return { type: 'property', ...whose, name, value, valueType: type, default: isDefault };
}
