import { TEMPLATES } from '../../support/preload-world.ts';
import type { PreloadWorld } from '../../support/preload-world.ts';
import { powerState } from '../../../lib/model/power-state.ts';
import { memoryNeeded } from '../../../lib/model/power/memory-needed.ts';
import { templateOf } from '../../../lib/model/properties/template.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import type { PowerState } from '../../../lib/hypervisor/hypervisor.ts';

/** What differs between a disposable and its template if it is not as it would be if made now. */
const COMPARED = ['label', 'memory', 'vcpus', 'netvm'];

/** The templates of disposables that are there. */
export function templatesOf(world: PreloadWorld): readonly Qube[] {
  return TEMPLATES.flatMap((name) => world.find(name) ?? []);
}

/** Names that a template lists as waiting. */
export function listOf({ features }: Qube): readonly string[] {
  const text = features.get('preload-dispvm') ?? '';
  return text === '' ? [] : text.split(' ');
}

/** How many of a template are to wait. */
export function wantedOf(world: PreloadWorld, template: Qube): number {
  const { app } = world.host;
  const isDefault = app.find(app.property('default_dispvm')) === template;
  const global = app.qubes.admin.features.get('preload-dispvm-max');
  const own = template.features.get('preload-dispvm-max');
  return Number((isDefault ? (global ?? own) : own) ?? 0);
}

/** Whether what a template starts ahead could tell that it is ready. */
export function supportsStock(template: Qube): boolean {
  const basis = templateOf(template);
  return ['qubes.WaitForRunningSystem', 'qubes.WaitForSession'].every((rpc) => {
    const feature = `supported-rpc.${rpc}`;
    return (template.features.get(feature) ?? basis?.features.get(feature) ?? '') !== '';
  });
}

/** Whether one more could be started, and enough would be left free. */
export function hasMemory({ host, machine }: PreloadWorld, template: Qube): boolean {
  const threshold = Number(host.app.qubes.admin.features.get('preload-dispvm-threshold') ?? 0);
  return machine.freeMiB - threshold >= memoryNeeded(template);
}

/** All disposables. */
export function disposablesOf(world: PreloadWorld): readonly Qube[] {
  return [...world.host.app.qubes].filter(({ className }) => className === 'DispVM');
}

/** Why a disposable is not as it would be if it was made now; undefined when it is. */
export function outdatedBy(world: PreloadWorld, qube: Qube): string | undefined {
  const template = templateOf(qube);
  if (template === undefined) return 'template';
  const size = (one: Qube): number => {
    const record = one.volumes.get('private');
    const state = world.disk.volumes.get(record?.get('vid') ?? '');
    return state?.size ?? Number(record?.get('size'));
  };
  if (size(qube) !== size(template)) return 'private size';
  for (const record of qube.volumes.values()) {
    const source = record.get('source');
    if (source === undefined) continue;
    const began = world.disk.volumes.get(record.get('vid') ?? '')?.began;
    if (began !== undefined && began !== world.disk.volumes.get(source)?.content) return 'volume';
  }
  return COMPARED.find(
    (name) => qube.find(qube.property(name)) !== template.find(template.property(name)),
  );
}

/** Whether a disposable has come to the end of its start, and nothing is being done to it. */
export function isComplete({ features }: Qube): boolean {
  return features.isOn('preload-dispvm-completed') && !features.isOn('preload-dispvm-in-progress');
}

export function stateOf(qube: Qube): PowerState {
  return powerState(qube);
}
