import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';
import * as z from 'zod';

import { release } from './release.ts';

const LONG = 10 * 60 * 1000;

const Bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  metadata: z.object({ component: z.object({ version: z.string() }) }),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      hashes: z.array(z.object({ alg: z.literal('SHA-512'), content: z.string().length(128) })),
      licenses: z.array(z.object({ expression: z.string() })).length(1),
      purl: z.string().startsWith('pkg:npm/'),
      properties: z.array(z.object({ value: z.string().endsWith('.cjs') })).min(1),
    }),
  ),
});

test('a release says the checksums of all that is in it', async (t) => {
  t.timeout(LONG);
  const { folder } = await release();
  await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  const lines = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n');
  const named = lines.map((line) => line.split('  ')[1]);
  t.deepEqual(named, (await readdir(folder)).filter((name) => name !== 'SHA256SUMS').sort());
});

test('its bill of materials names what is inside the bundles, as their licences do', async (t) => {
  t.timeout(LONG);
  const { folder, tree, version } = await release();
  const text = await readFile(join(folder, `qubes-rpc-${version}.cdx.json`), 'utf8');
  const bill = Bill.parse(JSON.parse(text));
  t.is(bill.metadata.component.version, version);
  const bundles = await readdir(join(tree, 'dist', 'lib'));
  const licences = await readFile(join(tree, 'dist', 'LICENSES'), 'utf8');
  for (const { name, version: one, licenses, properties } of bill.components) {
    t.true(licences.includes(`${name} ${one} (${licenses[0]?.expression ?? ''})`), name);
    for (const { value } of properties) t.true(bundles.includes(value), value);
  }
  for (const name of ['commander', 'execa', 'fast-xml-parser', 'zod']) {
    t.true(
      bill.components.some((one) => one.name === name),
      name,
    );
  }
  for (const name of ['esbuild', 'typescript']) {
    t.false(
      bill.components.some((one) => one.name === name),
      name,
    );
  }
});

test('its tarballs hold the checkout, and what builds it', async (t) => {
  t.timeout(LONG);
  const { folder, version } = await release();
  const list = async (name: string): Promise<readonly string[]> =>
    (await execa('tar', ['-tf', join(folder, name)])).stdout.split('\n');
  const source = await list(`qubes-rpc-${version}.tar.gz`);
  for (const path of ['Makefile', '.ci/run', 'rpm/qubes-rpc.spec.in', 'test/run.ts', 'LICENSE']) {
    t.true(source.includes(`qubes-rpc-${version}/${path}`), path);
  }
  t.false(source.some((path) => /\/(node_modules|dist|\.git)\//.test(path)));
  const vendor = await list(`qubes-rpc-${version}-vendor-${process.arch}.tar.gz`);
  t.true(vendor.some((path) => /^node_modules\/@esbuild\/linux-\w+\/bin\/esbuild$/.test(path)));
  t.false(vendor.some((path) => /^node_modules\/(ava|eslint|c8)\//.test(path)));
});
