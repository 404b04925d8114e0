import { readFile } from 'node:fs/promises';

import test from 'ava';

import { MachineSettings } from '../../lib/hypervisor/machine.ts';

const read = (): Promise<string> =>
  readFile(new URL('../../docs/embedded.md', import.meta.url), 'utf8');

test('docs/embedded.md names every key of machine.json, and no other', async (t) => {
  const document = await read();
  const [, table = ''] = document.split('## machine.json');
  const keys = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key);
  t.deepEqual(keys, Object.keys(MachineSettings.shape));
});

test('the example in docs/embedded.md is one', async (t) => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(await read()) ?? [];
  t.true(MachineSettings.safeParse(JSON.parse(example)).success);
});
