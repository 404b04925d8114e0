import { type DeviceUse, listDevices, type ListedDevice } from '../../../admin/device-list.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** Facts that are fields of their own. */
const NAMED = ['backend_domain', 'port_id', 'device_id', 'devclass', 'mode', 'frontend_domain'];

/** `device list`: of one class or of all, those that a qube has or uses, or all. */
export async function showDevices(
  { deviceClass, names }: Extract<RequestFor<'device'>, { action: 'list' }>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const classes = deviceClass === undefined ? await client.deviceClasses() : [deviceClass];
  const all: ListedDevice[] = [];
  for (const one of classes) all.push(...(await listDevices(client, one)));
  const chosen = all.filter(
    ({ backend, uses }) =>
      names.length === 0 ||
      names.includes(backend) ||
      uses.some(({ qube }) => names.includes(qube)),
  );
  await screen.show(chosen.map(deviceLine), {
    head: ['CLASS', 'DEVICE', 'DESCRIPTION', 'USED BY'],
    rows: chosen.map((device) => [
      device.deviceClass,
      `${device.backend}:${device.port}`,
      description(device),
      device.uses.map(useText).join(', ') || undefined,
    ]),
  });
}

function description({ present, facts, id }: ListedDevice): string {
  if (!present) return `(not there) ${id}`;
  const maker = facts.get('vendor') ?? facts.get('manufacturer') ?? '';
  const what = facts.get('product') ?? facts.get('name') ?? '';
  return [maker, what].filter(Boolean).join(' ') || id;
}

function useText({ qube, mode, options }: DeviceUse): string {
  const how = [...options].map(([key, value]) => `${key}=${value}`).join(', ');
  return `${qube} (${mode}${how === '' ? '' : `: ${how}`})`;
}

function deviceLine(device: ListedDevice): RpcLine {
  const facts = [...device.facts].filter(([name]) => !NAMED.includes(name));
  return {
    type: 'device',
    class: device.deviceClass,
    backend: device.backend,
    port: device.port,
    device: device.id,
    present: device.present,
    facts: Object.fromEntries(facts),
    uses: device.uses.map(({ qube, mode, options }) => ({
      ...{ qube, mode },
      options: Object.fromEntries(options),
    })),
  };
}
