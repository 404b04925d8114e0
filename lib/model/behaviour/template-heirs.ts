import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';

/** What a qube has from its template unless it is told otherwise. */
const INHERITED = [
  'default_user',
  'kernel',
  'kernelopts',
  'vcpus',
  'memory',
  'maxmem',
  'virt_mode',
  'qrexec_timeout',
  'shutdown_timeout',
  'management_dispvm',
] as const;

/**
 * A change of a template is news for the qubes that inherit what has changed; of those, templates of
 * disposables pass it on.
 */
export const TEMPLATE_HEIRS: readonly Handler<Qube>[] = INHERITED.flatMap((name) => [
  onQube<Qube, `property-set:${string}`>(`property-set:${name}`, (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceToHeirs(qube, name);
  }),
  onQube<Qube, `property-reset:${string}`>(`property-reset:${name}`, (qube) =>
    announceToHeirs(qube, name),
  ),
]);

function announceToHeirs(template: Qube, name: string): void {
  // Most qubes are nobody's template: they need not be asked one by one.
  if (template.find(templateForDispvms) === false) return;
  for (const qube of template.system.qubes) {
    if (templateOf(qube) === template && qube.isDefault({ name })) {
      qube.fire(`property-reset:${name}`, { name });
    }
  }
}
