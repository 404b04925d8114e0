import { netvm } from './properties/netvm.ts';
import { template } from './properties/template.ts';
import type { Property } from './property.ts';
import type { Qube } from './qube.ts';

/** A feature of the qube, else of its template, else of that one's template. */
export function featureWithTemplate(qube: Qube, feature: string): string | undefined {
  return along(template, qube, feature);
}

/** A feature of the qube, else of the next qube towards the network that has it. */
export function featureWithNetvm(qube: Qube, feature: string): string | undefined {
  return along(netvm, qube, feature);
}

/** A feature of the qube, else of dom0. */
export function featureWithAdminVm(qube: Qube, feature: string): string | undefined {
  return qube.features.get(feature) ?? qube.system.qubes.admin.features.get(feature);
}

/** A feature of the qube, else of its templates, else of dom0. */
export function featureWithTemplateAndAdminVm(qube: Qube, feature: string): string | undefined {
  return featureWithTemplate(qube, feature) ?? featureWithAdminVm(qube, feature);
}

function along(
  path: Property<Qube, Qube> | Property<Qube, Qube | null>,
  from: Qube,
  feature: string,
): string | undefined {
  const seen = new Set<Qube>();
  let qube: Qube | null | undefined = from;
  while (qube !== null && qube !== undefined && !seen.has(qube)) {
    const value = qube.features.get(feature);
    if (value !== undefined) return value;
    seen.add(qube);
    qube = qube.find<Qube | null>(path);
  }
  return undefined;
}
