import test from 'ava';

import { isFirstSinceBoot } from '../../../lib/cli/host/first-since-boot.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a system is opened for the first time once after each start of the machine', async (t) => {
  const root = await temporaryFolder(t);
  t.true(await isFirstSinceBoot(root, 'one'));
  t.false(await isFirstSinceBoot(root, 'one'));
  t.true(await isFirstSinceBoot(root, 'two'));
  t.false(await isFirstSinceBoot(root, 'two'));
  t.true(await isFirstSinceBoot(root));
  t.false(await isFirstSinceBoot(root));
});
