import test from 'ava';

import { runRestore } from '../../lib/restore/run-restore.ts';
import { fixtureBackup } from '../support/fixture-backup.ts';
import { emptySystem, openArchive, planFor, workOf } from '../support/restore-system.ts';

test('x', async (t) => {
  const system = await emptySystem(t);
  const { path, manifest } = await fixtureBackup('v4-gzip');
  const backup = await openArchive(t, path, manifest.passphrase);
  const plan = await planFor(system, backup);
  const work = workOf(system, backup, plan);
  const outcome = await runRestore(work);
  console.log(JSON.stringify(work.errors, null, 1), JSON.stringify(outcome).slice(0, 3000));
  t.true(outcome.ok);
});
