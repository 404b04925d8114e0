import test from 'ava';
import fc from 'fast-check';
import {
  loadHeader,
  saveHeader,
  validateHeader,
} from '../../../lib/archive/start/backup-header.ts';
import type { BackupHeader } from '../../../lib/archive/start/backup-header.ts';
import { COMPRESSION_FILTERS } from '../../../lib/archive/compression/compression-filters.ts';
import { NotReadableError } from '../../../lib/base/errors.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const V4 = `version=4
encrypted=True
compressed=True
compression-filter=gzip
hmac-algorithm=scrypt
backup-id=20261121T230018-31222
`;
const V3 = `version=3
hmac-algorithm=SHA512
crypto-algorithm=aes-256-cbc
encrypted=True
compressed=True
compression-filter=gzip
`;
const refused = (text: string): string => {
  try {
    loadHeader(bytes(text));
  } catch (error) {
    if (error instanceof NotReadableError) return error.message;
    throw error;
  }
  return 'accepted';
};
/** V4 with one line replaced, added or (with an empty replacement) taken out. */
const v4 = (key: string, line: string): string =>
  V4.replace(new RegExp(`^${key}=.*\n`, 'm'), line === '' ? '' : `${line}\n`);

test('a header of format 4 is read, and written back byte for byte', (t) => {
  const header = loadHeader(bytes(V4));
  t.deepEqual(header, {
    version: 4,
    encrypted: true,
    compressed: true,
    compressionFilter: 'gzip',
    hmacAlgorithm: 'scrypt',
    backupId: '20261121T230018-31222',
  });
  t.is(Buffer.from(saveHeader(header)).toString(), V4);
});

test('a header of format 3 is read, and written in the order of the reference', (t) => {
  const header = loadHeader(bytes(V3));
  t.is(header.version, 3);
  t.is(header.cryptoAlgorithm, 'aes-256-cbc');
  t.is(
    Buffer.from(saveHeader(header)).toString(),
    'version=3\nencrypted=True\ncompressed=True\ncompression-filter=gzip\n' +
      'crypto-algorithm=aes-256-cbc\nhmac-algorithm=SHA512\n',
  );
});

test('a header without version is one of format 2', (t) => {
  const text = 'hmac-algorithm=SHA1\ncrypto-algorithm=aes-256-cbc\nencrypted=True\ncompressed=0\n';
  t.is(loadHeader(bytes(text)).version, 2);
});

for (const word of ['1', 'true', 'True', 'TRUE', 'yes', 'YES']) {
  test(`"${word}" means true`, (t) => {
    t.true(loadHeader(bytes(v4('compressed', `compressed=${word}`))).compressed);
  });
}

for (const word of ['0', 'False', 'no', '', 'on', '2', 'truely']) {
  test(`"${word}" means false`, (t) => {
    t.false(loadHeader(bytes(v4('compressed', `compressed=${word}`))).compressed);
  });
}

test('unknown keys, white space around lines and any line ends are tolerated', (t) => {
  const text = ` version=4\t\n${v4('version', 'future-key=a-1')}`;
  for (const end of ['\n', '\r\n', '\r']) {
    t.deepEqual(loadHeader(bytes(text.replaceAll('\n', end))), loadHeader(bytes(V4)));
  }
});

const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['a key that stands there twice', `${V4}version=4\n`, /"version" stands there twice/],
  ['a line without =', `${V4}hello\n`, /not of the form/],
  ['a line with two =', v4('backup-id', 'backup-id=a=b'), /not of the form/],
  ['an empty line', `\n${V4}`, /not of the form/],
  ['nothing at all', '', /not of the form/],
  ['a key with odd characters', `${V4}a b=c\n`, /bad key/],
  ['a value with odd characters', v4('backup-id', 'backup-id=../x'), /"backup-id" has characters/],
  ['letters beyond ASCII', v4('backup-id', 'backup-id=\xe9'), /not ASCII/],
  ['a NUL', v4('backup-id', 'backup-id=a\0'), /not ASCII/],
  ['an empty backup id', v4('backup-id', 'backup-id='), /"backup-id" is empty/],
  ['a backup id that looks like an option', v4('backup-id', 'backup-id=-x'), /begins with "-"/],
  ['a missing backup id', v4('backup-id', ''), /"backup-id" is missing/],
  ['a missing "encrypted"', v4('encrypted', ''), /"encrypted" is missing/],
  ['a missing "compressed"', v4('compressed', ''), /"compressed" is missing/],
  ['a missing filter', v4('compression-filter', ''), /"compression-filter" is missing/],
  ['format 5', v4('version', 'version=5'), /"version" is not supported/],
  ['format 1', v4('version', 'version=1'), /"version" is not supported/],
  ['a negative version', v4('version', 'version=-4'), /"version" is not supported/],
  ['a version that is a word', v4('version', 'version=four'), /"version" is not supported/],
  ['another MAC in format 4', v4('hmac-algorithm', 'hmac-algorithm=SHA512'), /not one of format 4/],
  ['scrypt in format 3', V3.replace('=SHA512', '=scrypt'), /not one of format 3/],
  ['an unknown digest', V3.replace('=SHA512', '=CRC32'), /not one of format 3/],
  ['an unknown cipher', V3.replace('aes-256-cbc', 'rot13'), /"crypto-algorithm" is not supported/],
  ['a missing cipher', V3.replace(/crypto.*\n/, ''), /"crypto-algorithm" is missing/],
  ['more than 4 KiB', V4 + 'x=y\n'.repeat(1024), /more than 4096/],
];
for (const [what, text, message] of REFUSALS) {
  test(`refused: ${what}`, (t) => {
    t.regex(refused(text), message);
  });
}

test('a program that is no known filter is refused, with the option that forces it', (t) => {
  const text = v4('compression-filter', 'compression-filter=rm');
  const error = t.throws(() => loadHeader(bytes(text)), { instanceOf: NotReadableError });
  t.regex(error.message, /"rm" is not a known compression filter/);
  t.regex(error.facts.hint ?? '', /--compression-filter=rm/);
});

test('a forced filter wins over the file, whatever either says', (t) => {
  for (const said of ['rm', 'gzip', '; rm -r']) {
    const text = v4('compression-filter', `compression-filter=${said}`);
    t.is(loadHeader(bytes(text), { compressionFilter: 'lz4' }).compressionFilter, 'lz4');
  }
  const forced = { compressionFilter: 'lz4 --rm' };
  t.throws(() => loadHeader(bytes(V4), forced), { instanceOf: NotReadableError });
});

test('a header can be put together for archives older than headers', (t) => {
  const old = { version: 2, hmacAlgorithm: 'SHA1', encrypted: false, compressed: false };
  t.deepEqual(validateHeader(old), old as BackupHeader);
  t.throws(() => validateHeader({ ...old, color: 'red' }), { instanceOf: NotReadableError });
});

test('refusals are safe to show on a terminal', (t) => {
  t.regex(refused('\x1b[2J\x07'), /^[\x20-\x7e]+$/);
  t.regex(refused(`${V4}x\ty\n`), /^[\x20-\x7e]+$/);
});

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,20}$/);
const filter = fc.constantFrom(...COMPRESSION_FILTERS.map(({ name }) => name));
const common = { encrypted: fc.boolean(), compressed: fc.boolean(), compressionFilter: filter };
const header = fc.oneof(
  fc.record({
    version: fc.constant(4),
    ...common,
    hmacAlgorithm: fc.constant('scrypt'),
    backupId: word,
  }),
  fc.record({
    version: fc.constantFrom(2, 3),
    ...common,
    cryptoAlgorithm: fc.constantFrom('aes-256-cbc', 'AES-128-CBC'),
    hmacAlgorithm: fc.constantFrom('SHA1', 'sha256', 'SHA512'),
  }),
);

test('what is saved is loaded again, the same', (t) => {
  fc.assert(
    fc.property(header, (candidate) => {
      const valid = validateHeader(candidate);
      t.deepEqual(loadHeader(saveHeader(valid)), valid);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('arbitrary bytes and damaged headers give a header or a NotReadableError, nothing else', (t) => {
  const damaged = fc
    .tuple(fc.constantFrom(V3, V4), fc.nat(120), fc.nat(20), fc.uint8Array({ maxLength: 8 }))
    .map(([text, at, cut, put]) =>
      Buffer.concat([bytes(text.slice(0, at)), put, bytes(text.slice(at + cut))]),
    );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (untrusted) => {
        try {
          const header = loadHeader(untrusted);
          return [2, 3, 4].includes(header.version);
        } catch (error) {
          return error instanceof NotReadableError && /^[\x20-\x7e…]+$/.test(error.message);
        }
      }),
      { numRuns: 1000, seed: 1 },
    ),
  );
});
