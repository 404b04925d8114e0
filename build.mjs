// Builds what is installed: `node build.mjs [FOLDER]`, by default into dist/.
//
//   lib/NAME.cjs         one bundle for each service with a process of its own, and each program
//   services/RPC-NAME    link to the bundle: Node would take the end of `qubes.Restore` for a file
//                        extension, but it goes by the name of what a link points to; calls that
//                        the resident host serves all link to one bundle, which passes them on
//   bin/PROGRAM          likewise, for each lib/cli/PROGRAM.main.ts
//   libexec/PROGRAM      the same for those that only systemd runs
//   embedded-rpc/NAME    what only the qubes of an embedded system get: Qubes' agent has its own
//   policy/              the policy files, for embedded systems
//   rpc-config/NAME      how qrexec is to call a service
//   completions/PROGRAM  completion for bash
//   LICENSES             the licences of what is inside the bundles
//   bundled.json         what that is, and in which
//
// The links are relative, so the folder can be copied anywhere.
import { chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { build } from 'esbuild';

import { lateModules } from './late-modules.mjs';

// The declarations of the services are TypeScript, and say what is to be installed.
import './register.mjs';

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

async function packageFile(folder) {
  return JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8'));
}

async function licenceText(folder) {
  const file = (await readdir(join(ROOT, folder))).find((one) => /^licen[cs]e/i.test(one));
  return file === undefined ? '' : (await readFile(join(ROOT, folder, file), 'utf8')).trim();
}

/** The bundle that passes a call on to the resident host. */
const PASS_ON = 'admin-call';

/** Those that are no programs for people; embedded qubes have links to all but the first. */
const NOT_IN_BIN = [PASS_ON, 'qrexec-client-vm', 'vm-exec', 'embedded-wait'];

/** Those that only systemd runs. */
const NOT_FOR_PEOPLE = ['preload-dispvm'];

/** Those that run as a process for each call declare one `service`. */
async function executables() {
  const own = [];
  for (const entry of await entries('services', '.ts')) {
    if ('service' in (await import(entry.source))) own.push(entry);
  }
  return own;
}

/** Services of embedded qubes in place of those of Qubes' agent, and their bundles. */
const IN_PLACE_OF_AGENT = [
  { name: 'qubes.VMExec', bundle: 'vm-exec' },
  // There is neither systemd nor a session nor a card: up is up.
  { name: 'qubes.WaitForRunningSystem', bundle: 'embedded-wait' },
  { name: 'qubes.WaitForSession', bundle: 'embedded-wait' },
  { name: 'qubes.WaitForNetworkUplink', bundle: 'embedded-wait' },
].map((one) => ({ folder: 'embedded-rpc', ...one }));

const services = await executables();
const mains = await entries('lib/cli', '.main.ts');
const { ADMIN_SERVICES } = await import('./services/index.ts');

/** What is linked where, and to which bundle. */
const links = [
  ...services.map(({ name }) => ({ folder: 'services', name, bundle: name })),
  ...ADMIN_SERVICES.map(({ name }) => ({ folder: 'services', name, bundle: PASS_ON })),
  ...IN_PLACE_OF_AGENT,
  ...mains
    .filter(({ name }) => !NOT_IN_BIN.includes(name))
    .map(({ name }) => ({
      folder: NOT_FOR_PEOPLE.includes(name) ? 'libexec' : 'bin',
      name,
      bundle: name,
    })),
];

for (const folder of ['lib', 'services', 'embedded-rpc', 'bin', 'libexec', 'completions']) {
  await rm(join(out, folder), { recursive: true, force: true });
  await mkdir(join(out, folder), { recursive: true });
}

const options = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20.11',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Node shows the line of a fault.
  lineLimit: 500,
  logLevel: 'warning',
};
const { plugin, filesOf } = lateModules(options);

const { metafile } = await build({
  ...options,
  entryPoints: [...services, ...mains].map(({ name, source }) => ({ in: source, out: name })),
  outdir: join(out, 'lib'),
  outExtension: { '.js': '.cjs' },
  metafile: true,
  plugins: [plugin],
  banner: { js: '#!/usr/bin/env node' },
  define: { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
});

for (const { name } of [...services, ...mains]) {
  await chmod(join(out, 'lib', `${name}.cjs`), 0o755);
}
for (const { folder, name, bundle } of links) {
  await symlink(join('..', 'lib', `${bundle}.cjs`), join(out, folder, name));
}

const { bashCompletions } = await import('./docs/bash-completion.ts');
for (const [program, text] of bashCompletions()) {
  await writeFile(join(out, 'completions', program), text);
}

for (const folder of ['policy', 'rpc-config']) {
  await rm(join(out, folder), { recursive: true, force: true });
  await cp(join(ROOT, folder), join(out, folder), {
    recursive: true,
    filter: (path) => !path.endsWith('.md'),
  });
}

/** The bundles by the packages that are in them. */
const bundlesOf = new Map();
for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
  const files = Object.keys(inputs).flatMap((input) => filesOf.get(input) ?? [input]);
  for (const folder of new Set(files.map(packageFolder).filter(Boolean))) {
    bundlesOf.set(folder, [...(bundlesOf.get(folder) ?? []), basename(output)]);
  }
}
const bundled = await Promise.all(
  [...bundlesOf.keys()].sort().map(async (folder) => {
    const { name, version, license: licence } = await packageFile(folder);
    const text = await licenceText(folder);
    return { folder, name, version, licence, text, bundles: bundlesOf.get(folder).sort() };
  }),
);
const licences = bundled.map(
  ({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}\n`,
);
await writeFile(join(out, 'LICENSES'), licences.join(`\n${'-'.repeat(72)}\n\n`));
await writeFile(join(out, 'bundled.json'), `${JSON.stringify(bundled, null, 2)}\n`);
