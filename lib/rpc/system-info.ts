import { pythonJson } from '../base/python-json.ts';
import type { Json } from '../base/python-json.ts';
import { powerState } from '../model/power-state.ts';
import { label } from '../model/properties/base.ts';
import { guivm } from '../model/properties/keyboard-layout.ts';
import type { Qube } from '../model/qube.ts';
import { cachedByState } from './cached-by-state.ts';
import { LiveFacts } from './policy-facts.ts';

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
  const facts = new LiveFacts(qube);
  return {
    internal: qube.features.get('internal') ?? null,
    tags: [...facts.tags],
    type: facts.className,
    template_for_dispvms: facts.templateForDispvms,
    default_dispvm: facts.defaultDispvm ?? null,
    // Of the label alone: not the property `icon`.
    icon: `appvm-${name}`,
    label: color,
    guivm: qube.find(guivm)?.name ?? null,
    relayvm: facts.relayvm ?? null,
    transport_rpc: facts.transportRpc ?? null,
    power_state: powerState(qube),
    uuid: facts.uuid,
  };
}
