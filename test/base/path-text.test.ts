import test from 'ava';
import fc from 'fast-check';
import { pathBytes, pathText } from '../../lib/base/path-text.ts';

fc.configureGlobal({ seed: 1 });

test('any bytes survive being text', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      t.deepEqual([...pathBytes(pathText(bytes))], [...bytes]);
    }),
  );
});

test('any text survives being bytes', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      t.is(pathText(pathBytes(text)), text);
    }),
  );
});

test('UTF-8 is text as it is, characters that need two surrogates included', (t) => {
  for (const name of ['žluťoučký 🔑', '\u{1f480}\u{1f4a0}', '\ufeffbom']) {
    t.is(pathText(Buffer.from(name)), name);
    t.is(pathBytes(name).toString(), name);
  }
});

test('bytes next to characters are told apart', (t) => {
  const bytes = Buffer.concat([Buffer.from('🔑'), Buffer.of(0x80, 0xff), Buffer.from('é')]);
  t.is(pathText(bytes), '🔑\udc80\udcffé');
  t.deepEqual(pathBytes('🔑\udc80\udcffé'), bytes);
});
