import { QubesVMError } from '../../base/admin-error.ts';
import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { featureWithTemplateAndAdminVm } from '../feature-lookup.ts';
import { guivm, keyboardLayout } from '../properties/keyboard-layout.ts';
import { printValue } from '../property.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb, writeLater } from '../qubesdb-of.ts';
import { isRunning } from '../running.ts';
import { xidOf } from '../xid.ts';

const KEYBOARD = '/keyboard-layout';
const ENABLED = '/qubes-gui-enabled';
const DOMAIN = '/qubes-gui-domain-xid';

/** What a qube must know of its windows: who shows them, and how. */
export const GUI: readonly Handler<Qube>[] = [
  onAction('domain-qdb-create', async (qube) => {
    await withQubesDb(qube, async (database) => {
      for (const [path, value] of entriesOf(qube)) await database.write(path, value);
    });
  }),
  // Those it shows may have been started before it.
  onAction('domain-start', async (qube) => {
    for (const shown of shownBy(qube)) {
      await withQubesDb(shown, async (database) => {
        await database.write(ENABLED, enabled(shown));
        await database.write(DOMAIN, xidOf(qube));
      });
    }
  }),
  onAction('domain-pre-shutdown', (qube, { force }) => {
    const shown = shownBy(qube).map(({ name }) => name);
    if (force || shown.length === 0) return;
    throw new QubesVMError(`There are running VMs using this VM as GuiVM: ${shown.join(', ')}`);
  }),
  onQube('property-set:keyboard_layout', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) writeLater(qube, KEYBOARD, printValue(newvalue));
  }),
  onQube('property-reset:keyboard_layout', (qube) =>
    writeLater(qube, KEYBOARD, printValue(qube.find(keyboardLayout))),
  ),
];

function* entriesOf(qube: Qube): Generator<readonly [path: string, value: string]> {
  for (const feature of ['gui-videoram-overhead', 'gui-videoram-min']) {
    const value = featureWithTemplateAndAdminVm(qube, feature);
    if (value !== undefined) yield [`/qubes-${feature}`, value];
  }
  const screen = qube.find(guivm) ?? null;
  yield [ENABLED, screen === null ? 'False' : enabled(qube)];
  if (screen !== null && screen !== qube) {
    yield [KEYBOARD, printValue(qube.find(keyboardLayout))];
    if (isRunning(screen)) yield [DOMAIN, xidOf(screen)];
  }
  if (qube.features.isOn('service.guivm')) {
    yield ['/guivm-windows-prefix', qube.features.get('guivm-windows-prefix') ?? 'GuiVM'];
  }
}

function enabled({ features }: Qube): string {
  return printValue(features.get('gui') !== '');
}

/** The running qubes that a qube shows. */
function shownBy(qube: Qube): readonly Qube[] {
  return [...qube.system.qubes].filter(
    (other) => other !== qube && other.find(guivm) === qube && isRunning(other),
  );
}
