import test from 'ava';
import fc from 'fast-check';
import { UsageError } from '../../lib/base/errors.ts';
import { MAX_PASSPHRASE, readPassphrases } from '../../lib/cli/passphrase.ts';

async function* blocks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(content: string | Uint8Array, size = 4096): Promise<readonly string[]> {
  return readPassphrases(blocks(Buffer.from(content), size), 'pass.txt');
}

test('only the first line counts, without its line end', async (t) => {
  t.deepEqual(await read('correct horse\nbattery\n'), ['correct horse']);
  t.deepEqual(await read('correct horse\r\n'), ['correct horse']);
  t.deepEqual(await read('correct horse'), ['correct horse']);
});

test('white space at the end is tried kept, then stripped', async (t) => {
  t.deepEqual(await read('secret \t\n'), ['secret \t', 'secret']);
  t.deepEqual(await read(' secret\n'), [' secret']);
  t.deepEqual(await read('   \n'), ['   ']);
});

test('any UTF-8 is taken as it is, whatever normal form it is in', async (t) => {
  t.deepEqual(await read('\ufeffpässword 密码 e\u0301\n'), ['\ufeffpässword 密码 e\u0301']);
});

test('what cannot be a passphrase is refused with the reason', async (t) => {
  const reason = async (content: string | Uint8Array): Promise<string> =>
    (await t.throwsAsync(read(content), { instanceOf: UsageError })).message;
  t.regex(await reason(''), /first line is empty/);
  t.regex(await reason('\nsecret\n'), /first line is empty/);
  t.regex(await reason(Uint8Array.of(0xff, 0xfe)), /not UTF-8/);
  t.regex(await reason('x'.repeat(MAX_PASSPHRASE + 1)), /longer than 64 KiB/);
});

test('a source that stays open is not waited for once the line has come', async (t) => {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('secret\n');
    await new Promise(() => undefined);
  }
  t.deepEqual(await readPassphrases(open(), 'standard input'), ['secret']);
});

test('the same passphrases come out one byte at a time', async (t) => {
  const settle = (bytes: Uint8Array, size: number): Promise<unknown> =>
    read(bytes, size).catch((error: unknown) => {
      if (error instanceof UsageError) return error.message;
      throw error;
    });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 50 }),
        fc
          .string({ unit: fc.constantFrom('a', ' ', '\r', '\n', 'ü', '密') })
          .map((s) => Buffer.from(s)),
      ),
      async (bytes) => {
        t.deepEqual(await settle(bytes, 1), await settle(bytes, 4096));
      },
    ),
  );
});
