import type { AdminClient } from './client.ts';
import type { DeviceLine, DeviceName } from './device-text.ts';
import { someAtOnce } from './some-at-once.ts';

/** How a qube uses a device. */
export interface DeviceUse {
  readonly qube: string;
  /** `attached` now, or how it is assigned: `auto-attach`, `ask-to-attach`, `required`. */
  readonly mode: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A device that is there, or that a qube is to get when it is. */
export interface ListedDevice extends DeviceLine {
  readonly deviceClass: string;
  readonly present: boolean;
  readonly uses: readonly DeviceUse[];
}

/** A device while the list is being made. */
type Entry = Omit<ListedDevice, 'uses'> & { readonly uses: DeviceUse[] };

/** What one qube has and uses of a class. */
interface Found {
  readonly qube: string;
  readonly available: readonly DeviceLine[];
  readonly attached: readonly DeviceLine[];
  readonly assigned: readonly DeviceLine[];
}

/** All devices of a class: those of every qube, each with the qubes that use it. */
export async function listDevices(
  client: AdminClient,
  deviceClass: string,
): Promise<readonly ListedDevice[]> {
  const qubes = (await client.list()).filter((qube) => qube.class !== 'RemoteVM');
  const found = await someAtOnce(qubes, async ({ name: qube }): Promise<Found> => {
    const devices = client.qube(qube).devices(deviceClass);
    return {
      qube,
      available: await devices.available(),
      attached: await devices.attached(),
      assigned: await devices.assigned(),
    };
  });
  const entries: Entry[] = found.flatMap(({ available }) =>
    available.map((line) => ({ ...line, deviceClass, present: true, uses: [] })),
  );
  for (const { qube, attached, assigned } of found) {
    for (const line of attached) {
      noteUse(entries, deviceClass, line, { qube, mode: 'attached', options: line.options });
    }
    for (const line of assigned) {
      const mode = line.facts.get('mode') ?? '';
      noteUse(entries, deviceClass, line, { qube, mode, options: line.options });
    }
  }
  return entries;
}

/** Whether a name, in which port and id may be `*`, means a device. */
export function isMeant(name: DeviceName, device: DeviceName): boolean {
  return (
    name.backend === device.backend &&
    (name.port === '*' || name.port === device.port) &&
    (name.id === '*' || name.id === device.id)
  );
}

function noteUse(entries: Entry[], deviceClass: string, line: DeviceLine, use: DeviceUse): void {
  const meant = entries.filter((entry) => entry.present && isMeant(line, entry));
  for (const { uses } of meant) uses.push(use);
  if (meant.length > 0) return;
  entries.push({ ...line, deviceClass, present: false, uses: [use] });
}
