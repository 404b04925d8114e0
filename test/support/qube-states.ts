import type { AdminClient } from '../../lib/admin/client.ts';

/** All that the Admin API tells of a qube, each fact by its name: `property memory`, `tag work`. */
export type QubeState = Record<string, string>;

/** What differs between any two qubes. */
const OWN = [
  'uuid',
  'qid',
  'mac',
  'ip',
  'ip6',
  'gateway',
  'gateway6',
  'xid',
  'start_time',
  'dispid',
];

const DEVICE_CLASSES = ['block', 'pci', 'usb', 'mic'];

/** The states of all qubes but dom0, by name; properties that follow their default are left out. */
export async function qubeStates(client: AdminClient): Promise<Record<string, QubeState>> {
  const states: Record<string, QubeState> = {};
  for (const { name, class: className, properties, features, tags } of await client.describe()) {
    if (name === 'dom0') continue;
    const qube = client.qube(name);
    const state: QubeState = { class: className };
    for (const [property, { value, default: isDefault }] of properties) {
      if (!isDefault && !OWN.includes(property)) state[`property ${property}`] = value;
    }
    for (const [feature, value] of features) state[`feature ${feature}`] = value;
    for (const tag of tags) state[`tag ${tag}`] = 'set';
    for (const deviceClass of DEVICE_CLASSES) {
      for (const { backend, port, id, facts, options } of await qube
        .devices(deviceClass)
        .assigned()) {
        const shown = [...options].map(([key, value]) => ` ${key}=${value}`).join('');
        state[`${deviceClass} ${backend}:${port}`] = `${id} ${facts.get('mode') ?? ''}${shown}`;
      }
    }
    state['notes'] = await qube.notes();
    const rules = await qube.firewall.rules();
    state['firewall'] = rules
      .map((rule) => [...rule].map(([key, value]) => `${key}=${value}`).join(' '))
      .join('\n');
    states[name] = state;
  }
  return states;
}

/** One line for each fact that differs: `work: property memory: ours 400, theirs none`. */
export function stateDifferences(
  ours: Record<string, QubeState>,
  theirs: Record<string, QubeState>,
): string[] {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  return names.flatMap((name) => {
    const [mine = {}, other = {}] = [ours[name], theirs[name]];
    const facts = [...new Set([...Object.keys(mine), ...Object.keys(other)])].sort();
    return facts
      .filter((fact) => mine[fact] !== other[fact])
      .map((fact) => `${name}: ${fact}: ours ${shown(mine[fact])}, theirs ${shown(other[fact])}`);
  });
}

function shown(value: string | undefined): string {
  return value === undefined ? '-' : JSON.stringify(value);
}
