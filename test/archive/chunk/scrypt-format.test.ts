import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scryptSync } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { heldChunk } from '../../../lib/archive/chunk/chunk.ts';
import { KeyDerivation } from '../../../lib/archive/chunk/key-derivation.ts';
import { ScryptChunks } from '../../../lib/archive/chunk/scrypt-chunks.ts';
import {
  parseScryptHead,
  SCRYPT_OVERHEAD,
  scryptCost,
  scryptMemory,
  sealScrypt,
} from '../../../lib/archive/chunk/scrypt-format.ts';
import { DamagedError, NeedsError } from '../../../lib/base/errors.ts';
import { MemoryBudget } from '../../../lib/base/memory-budget.ts';
import { MiB } from '../../../lib/base/size.ts';
import { collect } from '../../support/bytes.ts';
import { randomBytes } from '../../support/content.ts';
import { runProgram } from '../../support/run-program.ts';
import { CHEAP_KDF, seal, sealWithProgram } from '../../support/scrypt-container.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

fc.configureGlobal({ seed: 1 });

const PASSPHRASE = 'žluťoučký kůň 🔑';
const PARAMETERS = { ...CHEAP_KDF, salt: randomBytes('salt', 32) };
const DERIVED = scryptSync(PASSPHRASE, PARAMETERS.salt, 64, { N: 2 ** 10, r: 8, p: 1 });

const end = new AbortController();
const derivation = new KeyDerivation(
  new MemoryBudget(64 * MiB, 2),
  { kdfMemory: 8 * MiB, kdfCost: 2 ** 20 },
  2,
  end.signal,
);
const opener = new ScryptChunks(
  derivation,
  () => PASSPHRASE,
  () => undefined,
);
test.after.always(() => end.abort(new Error('the tests are over')));

const opened = (sealed: Uint8Array): Promise<Buffer> =>
  collect(opener.open(heldChunk('vm1/private.img.000', 0, sealed)));

test('what the scrypt program seals is opened', async (t) => {
  const folder = await temporaryFolder(t);
  for (const length of [0, 1, 5000]) {
    const plain = randomBytes('plain', length);
    const sealed = await sealWithProgram(plain, PASSPHRASE, { logN: 10, r: 4, p: 3 }, folder);
    t.is(sealed.length, length + SCRYPT_OVERHEAD);
    t.deepEqual(await opened(sealed), Buffer.from(plain));
  }
});

test('the scrypt program opens what is sealed here', async (t) => {
  const folder = await temporaryFolder(t);
  const secret = join(folder, 'secret');
  await writeFile(secret, PASSPHRASE);
  for (const length of [0, 1, 5000]) {
    const plain = randomBytes('plain', length);
    const sealed = sealScrypt(plain, PARAMETERS, DERIVED);
    const args = ['dec', '-f', '--passphrase', `file:${secret}`, '-'];
    const { stdout } = await runProgram('scrypt', args, { input: sealed, mustSucceed: true });
    t.deepEqual(Buffer.from(stdout), Buffer.from(plain));
  }
});

test('any content survives being sealed and opened', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (plain) => {
      t.deepEqual(await opened(sealScrypt(plain, PARAMETERS, DERIVED)), Buffer.from(plain));
    }),
    { numRuns: 20 },
  );
});

test('no change of a container, however small, is let through', async (t) => {
  const sealed = await seal(randomBytes('plain', 200), PASSPHRASE, CHEAP_KDF);
  const change = fc.oneof(
    fc.tuple(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const bytes = Uint8Array.from(sealed);
      bytes[at] = (bytes[at] ?? 0) ^ bits;
      return bytes;
    }),
    fc.nat(sealed.length - 1).map((length) => sealed.subarray(0, length)),
    fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((more) => Uint8Array.from([...sealed, ...more])),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(change, async (bytes) => {
      let taken = 0;
      await t.throwsAsync(
        async () => {
          for await (const block of opener.open(heldChunk('x', 0, bytes))) taken += block.length;
        },
        { instanceOf: DamagedError },
      );
      t.is(taken, 0, 'content came out before it was verified');
    }),
    { numRuns: 60 },
  );
});

test('any bytes are either a head with what it costs, or called what is wrong with them', (t) => {
  const faults = new Set(['cut off', 'not a scrypt container', 'checksum']);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const head = parseScryptHead(bytes);
      return typeof head !== 'string' || faults.has(head);
    }),
  );
  fc.assert(
    fc.property(fc.nat(255), fc.nat(0xffffffff), fc.nat(0xffffffff), (logN, r, p) => {
      const sealed = sealScrypt(new Uint8Array(0), { ...PARAMETERS, logN, r, p }, DERIVED);
      t.like(parseScryptHead(sealed), { logN, r, p });
    }),
  );
});

test('no cost above the limits is ever paid, and the refusal says how to raise them', (t) => {
  const limited = new KeyDerivation(
    new MemoryBudget(64 * MiB, 1),
    { kdfMemory: 8 * MiB, kdfCost: 2 ** 20 },
    1,
    end.signal,
  );
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.oneof(fc.nat(64), fc.nat(0xffffffff)),
      fc.oneof(fc.nat(64), fc.nat(0xffffffff)),
      (logN, r, p) => {
        const parameters = { logN, r, p, salt: PARAMETERS.salt };
        try {
          limited.accept(parameters);
        } catch (error) {
          if (error instanceof NeedsError) t.regex(error.facts.hint ?? '', /--max-kdf-|--memory/);
          else t.true(error instanceof DamagedError);
          return;
        }
        t.true(scryptMemory(parameters) <= 8 * MiB && scryptCost(parameters) <= 2 ** 20);
      },
    ),
    { numRuns: 500 },
  );
});
