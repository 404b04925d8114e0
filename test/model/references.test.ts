import test from 'ava';

import { QubesVMInUseError } from '../../lib/base/admin-error.ts';
import { createQube } from '../../lib/model/create-qube.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { SampleSystem } from '../support/sample-system.ts';

/** Of each class one, and dom0. */
const HOLDERS = ['dom0', 'fedora-41', 'work', 'standalone1', 'disp1234', 'remote1'];

/** A qube that any row may refer to, as far as the class of the row's qubes allows. */
async function addTarget(system: SampleSystem, row: string, holder?: string): Promise<Qube> {
  const { app } = system;
  const isTemplate = row === 'default_template' || (row === 'template' && holder === 'work');
  const target = await createQube(app, {
    className: isTemplate ? 'TemplateVM' : 'StandaloneVM',
    name: 'target',
    label: app.label('red'),
    createdBy: app.qubes.admin,
  });
  system.set('target', 'netvm', '');
  system.set('target', 'provides_network', 'True');
  if (!isTemplate) system.set('target', 'template_for_dispvms', 'True');
  return target;
}

function refusalOf(user: string): { instanceOf: typeof QubesVMInUseError; message: string } {
  return {
    instanceOf: QubesVMInUseError,
    message: `Domain is in use: 'target';  see 'journalctl -u qubesd -e' in dom0 for details: used by ${user}`,
  };
}

for (const holder of HOLDERS) {
  test(`what ${holder} refers to stays, whichever property it is`, async (t) => {
    const { properties } = (await SampleSystem.open(t)).qube(holder);
    const rows = [...properties].filter(({ type }) => type === 'vm').map(({ name }) => name);
    t.true(rows.length > 0);
    for (const row of rows) {
      const system = await SampleSystem.open(t);
      const target = await addTarget(system, row, holder);
      system.set(holder, row, 'target');
      await t.throwsAsync(removeQube(system.app, target), refusalOf(`${row} of ${holder}`));
      t.is(target.presence, 'listed');
      system.set(holder, row, row === 'template' ? before(holder) : '');
      await t.notThrowsAsync(removeQube(system.app, target), row);
    }
  });
}

test('what the system refers to stays, whichever property it is', async (t) => {
  const { properties } = (await SampleSystem.open(t)).app;
  for (const { name: row, type } of properties) {
    if (type !== 'vm') continue;
    const system = await SampleSystem.open(t);
    const target = await addTarget(system, row);
    system.setGlobal(row, 'target');
    await t.throwsAsync(removeQube(system.app, target), refusalOf(`${row} of the system`));
    system.setGlobal(row, '');
    await t.notThrowsAsync(removeQube(system.app, target), row);
  }
});

function before(holder: string): string {
  return holder === 'work' ? 'fedora-41' : 'default-dvm';
}
