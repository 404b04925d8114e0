import { crc32 as zlibCrc32 } from 'node:zlib';

import test from 'ava';
import fc from 'fast-check';

import { crc32, crc32InScript } from '../../../lib/archive/outer/crc32.ts';

fc.configureGlobal({ seed: 2 });

const CHECK = Buffer.from('123456789');

for (const [name, checksum] of Object.entries({ crc32, crc32InScript })) {
  test(`${name} gives the check value of the standard`, (t) => {
    t.is(checksum(CHECK, 0), 0xcbf43926);
    t.is(checksum(new Uint8Array(0), 0), 0);
  });

  test(`${name} can be continued at any byte`, (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const first = checksum(bytes.subarray(0, cut), 0);
        t.is(checksum(bytes.subarray(cut), first), zlibCrc32(bytes));
      }),
    );
  });
}
