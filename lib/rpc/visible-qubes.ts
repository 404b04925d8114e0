import type { Qube } from '../model/qube.ts';
import type { AdminCall } from './admin-call.ts';

/** The qubes that a call asks about and its caller may see: dom0 stands for all, another for itself. */
export function visibleQubes({ app, source, destination, permitted }: AdminCall): readonly Qube[] {
  const asked = destination === app.qubes.admin ? [...app.qubes] : [destination];
  if (source === app.qubes.admin) return asked;
  return asked.filter(({ name }) => permitted(source.name, 'admin.vm.List', '', name));
}
