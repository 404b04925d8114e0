import { pythonJson } from '../base/python-json.ts';
import type { Json } from '../base/python-json.ts';
import { relayvm, transportRpc } from '../model/classes/remote-vm.ts';
import { powerState } from '../model/power-state.ts';
import { label } from '../model/properties/base.ts';
import { guivm } from '../model/properties/keyboard-layout.ts';
import { defaultDispvm } from '../model/properties/local.ts';
import { templateForDispvms } from '../model/properties/template-for-dispvms.ts';
import type { Qube } from '../model/qube.ts';
import { cachedByState } from './cached-by-state.ts';

/** What policy and the GUI have to know of all qubes, as `internal.GetSystemInfo` tells it. */
export const systemInfo = cachedByState(
  ({ version }) => version,
  ({ qubes }) => {
    const domains = Object.fromEntries([...qubes].map((qube) => [qube.name, infoOf(qube)]));
    return Buffer.from(pythonJson({ domains }));
  },
);

function infoOf(qube: Qube): Json {
  const { name, color } = qube.get(label);
  return {
    internal: qube.features.get('internal') ?? null,
    tags: [...qube.tags],
    type: qube.className,
    template_for_dispvms: qube.find(templateForDispvms) ?? false,
    default_dispvm: qube.find(defaultDispvm)?.name ?? null,
    // Of the label alone: not the property `icon`.
    icon: `appvm-${name}`,
    label: color,
    guivm: qube.find(guivm)?.name ?? null,
    relayvm: qube.find(relayvm)?.name ?? null,
    transport_rpc: orNull(qube.find(transportRpc)),
    power_state: powerState(qube),
    uuid: qube.uuid,
  };
}

function orNull(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
