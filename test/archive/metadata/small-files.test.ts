import test from 'ava';
import fc from 'fast-check';
import { parseAppmenus } from '../../../lib/archive/metadata/appmenus.ts';
import { parseNotes } from '../../../lib/archive/metadata/notes.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { manifestOf } from './manifest.ts';

test('notes come out letter for letter, in any language', (t) => {
  const { notes } = manifestOf('v4-gzip').vms['work'] ?? {};
  if (notes === undefined) return t.fail();
  t.true(notes.includes('日本語'));
  t.is(parseNotes(Buffer.from(notes), 'vm7/notes.txt'), notes);
  t.is(parseNotes(Buffer.from('\u{FEFF}a\r\n\0'), 'vm7/notes.txt'), '\u{FEFF}a\r\n\0');
});

test('notes that are too long or not UTF-8 are refused', (t) => {
  const at = (bytes: Uint8Array) => () => parseNotes(bytes, 'vm7/notes.txt');
  t.is(parseNotes(Buffer.alloc(256_000, 'a'), 'vm7/notes.txt').length, 256_000);
  t.throws(at(Buffer.alloc(256_001, 'a')), { instanceOf: DamagedError, message: /256001 bytes/ });
  t.throws(at(Buffer.from([0xc3, 0x28])), { instanceOf: DamagedError, message: /not UTF-8/ });
});

test('a menu list gives its desktop files; empty lines do not count', (t) => {
  t.deepEqual(
    parseAppmenus(
      Buffer.from('firefox.desktop\norg.gnome.Nautilus.desktop\n\nxterm.desktop\n'),
      'm',
    ),
    manifestOf('v4-gzip').vms['work']?.appmenus,
  );
  t.deepEqual(parseAppmenus(Buffer.from('a.desktop\r\nb.desktop'), 'm'), [
    'a.desktop',
    'b.desktop',
  ]);
  t.deepEqual(parseAppmenus(new Uint8Array(0), 'm'), []);
  const huge = Buffer.from('x.desktop\n'.repeat(30_000));
  t.throws(() => parseAppmenus(huge, 'm'), { instanceOf: DamagedError, message: /300000 bytes/ });
});

for (const entry of [
  '../x.desktop',
  '/x',
  'a b.desktop',
  '-x',
  'é.desktop',
  '\x1b[2J',
  'a'.repeat(300),
]) {
  test(`a menu list with the entry ${JSON.stringify(entry).slice(0, 20)} is refused`, (t) => {
    const list = Buffer.from(`x.desktop\n${entry}\n`);
    t.throws(() => parseAppmenus(list, 'vm7/whitelisted-appmenus.list'), {
      instanceOf: DamagedError,
    });
  });
}

test('arbitrary bytes are read or refused with a DamagedError, nothing else', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of [parseNotes, parseAppmenus]) {
          try {
            read(bytes, 'vm7/x');
          } catch (error) {
            if (!(error instanceof DamagedError)) throw error;
            t.regex(error.message, /^[\x20-\x7e…]+$/);
          }
        }
      }),
      { numRuns: 500, seed: 1 },
    ),
  );
});
