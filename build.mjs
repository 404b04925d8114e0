// Builds what is installed: `node build.mjs [FOLDER]`, by default into dist/.
//
//   lib/NAME.cjs         one bundle for each service and program, all it needs inside
//   qubes-rpc/RPC-NAME   link to the bundle: Node would take the end of `qubes.Restore` for a file
//                        extension, but it goes by the name of what a link points to
//   bin/PROGRAM          likewise, for each lib/cli/PROGRAM.main.ts
//   LICENSES             the licences of what is inside the bundles
//
// The links are relative, so the folder can be copied anywhere.
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { build } from 'esbuild';

const ROOT = import.meta.dirname;
const out = resolve(process.argv[2] ?? join(ROOT, 'dist'));

/** Source files of a kind, and the name under which each is installed. */
async function entries(folder, suffix) {
  const files = await readdir(join(ROOT, folder)).catch(() => []);
  return files
    .filter((file) => file.endsWith(suffix))
    .map((file) => ({ name: basename(file, suffix), source: join(ROOT, folder, file) }));
}

/** Names a bundled file's package: `node_modules/@scope/name/…` or `node_modules/name/…`. */
function packageFolder(input) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(
    await readFile(join(ROOT, folder, 'package.json'), 'utf8'),
  );
  const file = (await readdir(join(ROOT, folder))).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? '' : await readFile(join(ROOT, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

const services = await entries('services', '.ts');
const programs = await entries('lib/cli', '.main.ts');

for (const folder of ['lib', 'qubes-rpc', 'bin']) {
  await rm(join(out, folder), { recursive: true, force: true });
  await mkdir(join(out, folder), { recursive: true });
}

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [...services, ...programs].map(({ name, source }) => ({ in: source, out: name })),
  outdir: join(out, 'lib'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.11',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    js: '#!/usr/bin/env node\nconst bundleUrl=require("node:url").pathToFileURL(__filename).href;',
  },
  define: { 'import.meta.url': 'bundleUrl' },
});

for (const [folder, installed] of [
  ['qubes-rpc', services],
  ['bin', programs],
]) {
  for (const { name } of installed) {
    await chmod(join(out, 'lib', `${name}.cjs`), 0o755);
    await symlink(join('..', 'lib', `${name}.cjs`), join(out, folder, name));
  }
}

const packages = new Set(Object.keys(metafile.inputs).map(packageFolder).filter(Boolean));
const licences = await Promise.all([...packages].sort().map(licenceOf));
await writeFile(join(out, 'LICENSES'), licences.join(`\n${'-'.repeat(72)}\n\n`));
