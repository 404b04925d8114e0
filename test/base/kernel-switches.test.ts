import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { skipsAutostart } from '../../lib/base/kernel-switches.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

for (const [line, expected] of [
  ['root=/dev/mapper/root ro qubes.skip_autostart\n', true],
  ['qubes.skip_autostart=1 quiet\n', true],
  ['root=/dev/qubes.skip_autostart ro quiet\n', false],
  ['qubes.skip_autostarts xqubes.skip_autostart\n', false],
  ['', false],
] as const) {
  test(`the kernel's command line ${JSON.stringify(line)}: ${expected}`, async (t) => {
    const path = join(await temporaryFolder(t), 'cmdline');
    await writeFile(path, line);
    t.is(await skipsAutostart(path), expected);
  });
}

test('where there is no command line, or none of that kind, all is started', async (t) => {
  t.false(await skipsAutostart('/nonexistent'));
  t.false(await skipsAutostart());
});
