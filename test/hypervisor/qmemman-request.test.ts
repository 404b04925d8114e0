import test from 'ava';
import fc from 'fast-check';

import { parseRequest } from '../../lib/hypervisor/qmemman-request.ts';

const AMOUNT = fc.nat({ max: 2 ** 45 });
const SPACE = fc.stringMatching(/^[ \t\r\n\v\f]{1,3}$/);

test('every request that the client of Qubes can send is understood, however it is spaced', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.nat(), AMOUNT), { selector: ([xid]) => xid }),
      SPACE,
      (pairs, space) => {
        fc.pre(pairs.length > 0);
        const line = pairs.map(([xid, bytes]) => `${xid}:${bytes}`).join(space);
        t.deepEqual(parseRequest(`${line}\n`), { kind: 'shrink', amounts: new Map(pairs) });
      },
    ),
  );
  fc.assert(
    fc.property(AMOUNT, SPACE, (bytes, space) => {
      t.deepEqual(parseRequest(`${space}${bytes}\n`), { kind: 'free', bytes });
    }),
  );
});

test('nothing but digits and colons is ever taken for a number', (t) => {
  const letters = fc.constantFrom(
    '0',
    '7',
    ':',
    ' ',
    '\t',
    '-',
    '.',
    '_',
    'x',
    '\0',
    '\u00a0',
    '\u0661',
  );
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (line) => {
      const isNumber = /^\s*[0-9]+\s*$/.test(line);
      const isPairs = /^\s*[0-9]+:[0-9]+(\s+[0-9]+:[0-9]+)*\s*$/.test(line);
      const isAscii = !/[^\0-\x7f]/.test(line);
      const kind = parseRequest(line)?.kind;
      t.is(kind === 'free', isAscii && isNumber, line);
      t.is(kind === 'shrink', isAscii && isPairs, line);
    }),
    { numRuns: 2000 },
  );
});

test('what qmemman calls invalid, and what it leaves without an answer', (t) => {
  for (const line of ['hello', '-5', '5 7', 'free 3:0', '12345k', '0x10']) {
    t.deepEqual(parseRequest(line), { kind: 'unknown' }, line);
  }
  for (const line of ['', ' \n', ':', '3:', ':0', '3:0:0', '3:x', '3:0 hello', 'a:0', 'h\u00e9']) {
    t.is(parseRequest(line), undefined, line);
  }
  t.deepEqual(parseRequest('3:1 3:2'), { kind: 'shrink', amounts: new Map([[3, 2]]) });
});
