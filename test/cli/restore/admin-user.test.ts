// Whose home dom0's goes into: also where root restores.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { adminUser } from '../../../lib/cli/restore/admin-user.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the user of dom0 is the first of the group qubes, and has a home of their own', async (t) => {
  const etc = await temporaryFolder(t);
  t.is(await adminUser(etc), undefined);
  await writeFile(join(etc, 'group'), 'root:x:0:\nqubes:x:98:alice,bob\nnotqubes:x:99:eve\n');
  t.deepEqual(await adminUser(etc), { name: 'alice', home: undefined });
  await writeFile(
    join(etc, 'passwd'),
    'root:x:0:0:root:/root:/bin/bash\nalice2:x:9:9::/x:/bin/sh\nalice:x:1000:1000::/home/al:/bin/sh\n',
  );
  t.deepEqual(await adminUser(etc), { name: 'alice', home: '/home/al' });
});

test('a group of the system without members says nothing', async (t) => {
  const etc = await temporaryFolder(t);
  await writeFile(join(etc, 'group'), 'qubes:x:98:\nother:x:99:eve\n');
  t.is(await adminUser(etc), undefined);
});
