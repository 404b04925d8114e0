import { readFileSync } from 'node:fs';

import test from 'ava';

import { openSystem } from '../support/admin-system.ts';

const DOCUMENT = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');

/** ``| `CALL` | reference | ours | why |`` */
const ROW = /^\| `(\S+) (\S+?)(?: as (\S+))?(?: <- (.*?))?` +\| (.+?) +\| (.+?) +\| (.+?) +\|$/;

const ROWS = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'));

test('the document has rows, and all can be read', (t) => {
  t.true(ROWS.length > 20);
  t.deepEqual(
    ROWS.filter((line) => !ROW.test(line)),
    [],
  );
});

for (const line of ROWS) {
  const [, method = '', destination = '', source = 'dom0', payload = '', , ours = ''] =
    ROW.exec(line) ?? [];
  test(`docs/differences.md is right about ${method} ${destination} as ${source} <- ${payload}`, async (t) => {
    const { ask, logged } = await openSystem(t);
    const before = await ask('admin.vm.Describe+ dom0 name dom0');
    const bytes = Buffer.from(payload.replace('\\xff', '\xff'), 'latin1');
    const reply = await ask(`${method} ${source} name ${destination}`, bytes);
    const [, wireName] = /^`(\w+)`/.exec(ours) ?? [];
    if (wireName === undefined) {
      t.regex(ours, /^accepted/);
      t.true(reply.startsWith('0\0'), reply);
    } else {
      t.true(reply.startsWith(`2\0${wireName}\0\0`), reply);
      t.is(await ask('admin.vm.Describe+ dom0 name dom0'), before);
    }
    t.deepEqual(logged, []);
  });
}
