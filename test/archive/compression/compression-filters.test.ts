import test from 'ava';
import { execa } from 'execa';
import {
  COMPRESSION_FILTERS,
  knownFilter,
  trustedFilter,
} from '../../../lib/archive/compression/compression-filters.ts';
import { findProgram } from '../../../lib/base/program.ts';

const installed = await Promise.all(
  COMPRESSION_FILTERS.map(async (filter) => ({
    filter,
    both: (await Promise.all([findProgram(filter.name), findProgram(filter.program)])).every(
      Boolean,
    ),
  })),
);

for (const { filter, both } of installed) {
  // Where the compressor is not installed there is nothing to compare with; ava shows the skip.
  (both ? test : test.skip)(
    `what ${filter.name} writes is read back by ${filter.program}`,
    async (t) => {
      const input = Buffer.from('Qubes '.repeat(10_000));
      const packed = await execa(filter.name, ['-c'], { input, encoding: 'buffer' });
      const plain = await execa(filter.program, filter.decompressArguments, {
        input: packed.stdout,
        encoding: 'buffer',
      });
      t.true(packed.stdout.length < input.length);
      t.deepEqual(Buffer.from(plain.stdout), input);
    },
  );
}

test('each filter that needs a program names the packages that bring it', (t) => {
  t.is(COMPRESSION_FILTERS.length, 8);
  for (const { packages, name } of COMPRESSION_FILTERS) {
    t.truthy(packages?.debian, name);
    t.truthy(packages?.fedora, name);
  }
  t.deepEqual(
    COMPRESSION_FILTERS.filter(({ builtIn }) => builtIn).map(({ name }) => name),
    ['gzip', 'pigz'],
  );
});

test('a filter that the person forces is a program of that name', (t) => {
  t.is(knownFilter('lz4'), undefined);
  t.like(trustedFilter('lz4'), { program: 'lz4', builtIn: false });
  t.is(trustedFilter('zstdmt').program, 'zstd');
});
