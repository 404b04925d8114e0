import { access, readFile, writeFile } from 'node:fs/promises';

import type { ExecutionContext } from 'ava';

import { DEBIAN_PACKAGES } from '../../rpm/control-files.ts';
import { debianTemplate } from './debian-root.ts';
import { LATER, laterRelease, release, type Release } from './release.ts';
import { type Root, testInRoot } from './root.ts';
import { assertNothingLeft, assertUnchanged, treeOf } from './tree.ts';

const LONG = 10 * 60 * 1000;

const OURS = DEBIAN_PACKAGES.map((name) => `qubes-rpc-${name}`);
const CHOICE = '/etc/tmpfiles.d/qubes-rpc.conf';

async function install(root: Root, { file }: Release): Promise<void> {
  await root.dpkg('--install', ...OURS.map((name) => file(`${name}_`)));
}

async function run(t: ExecutionContext, root: Root, ...words: string[]): Promise<void> {
  const [program = '', ...args] = words;
  const { exitCode, stderr } = await root.run(program, args);
  t.is(exitCode, 0, stderr);
}

/** What is switched, and how. */
async function switched(root: Root): Promise<readonly (readonly [string, string])[]> {
  return [...(await treeOf(root.path))].filter(([path]) =>
    /^\/(?:run|etc\/tmpfiles\.d)\//.test(path),
  );
}

async function assertVersion(t: ExecutionContext, root: Root, version: string): Promise<void> {
  for (const name of OURS) {
    const status = await root.dpkg('--status', name);
    t.regex(status, new RegExp(`^Version: ${version}$`, 'm'), name);
    t.regex(status, /^Status: install ok installed$/m, name);
  }
  t.is(await root.dpkg('--verify', ...OURS), '');
}

for (const isEnabled of [false, true]) {
  const how = isEnabled ? 'all services enabled' : 'nothing enabled';
  testInRoot(`packages for Debian come, change their version and go: ${how}`, async (t) => {
    t.timeout(LONG);
    const [made, later] = [await release(), await laterRelease()];
    const root = await debianTemplate(t, made.tree);
    const before = await treeOf(root.path);
    await install(root, made);
    await assertUnchanged(t, root, before);
    if (isEnabled) await run(t, root, '/usr/bin/qubes-rpc', 'services', 'enable', '--all');
    const chosen = await switched(root);
    t.is(
      chosen.some(([path]) => path === '/run/qubes-rpc/qubes.Restore'),
      isEnabled,
    );

    await install(root, later);
    await assertVersion(t, root, LATER.version);
    t.deepEqual(await switched(root), chosen, 'after an upgrade');
    await install(root, made);
    await assertVersion(t, root, made.version);
    t.deepEqual(await switched(root), chosen, 'after a downgrade');
    await assertUnchanged(t, root, before);

    await root.dpkg('--remove', ...OURS);
    await assertNothingLeft(t, root, before);
    await root.dpkg('--purge', ...OURS);
    await assertNothingLeft(t, root, before);
    t.is(await root.dpkg('--audit'), '');
  });
}

testInRoot('the scripts of packages for Debian can run twice', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await debianTemplate(t, made.tree);
  const before = await treeOf(root.path);
  await install(root, made);
  await run(t, root, '/usr/bin/qubes-rpc', 'services', 'enable', '--all');
  const script = (name: string): string => `/var/lib/dpkg/info/qubes-rpc-vm.${name}`;
  const chosen = await switched(root);
  for (const word of ['upgrade', 'failed-upgrade', 'deconfigure']) {
    await run(t, root, script('prerm'), word, LATER.version);
  }
  for (const word of ['upgrade', 'abort-install', 'abort-upgrade']) {
    await run(t, root, script('postrm'), word, LATER.version);
  }
  t.deepEqual(await switched(root), chosen);
  for (let time = 0; time < 2; time += 1) await run(t, root, script('prerm'), 'remove');
  await assertUnchanged(t, root, before);
  t.deepEqual(
    (await switched(root)).filter(([, line]) => !line.endsWith(' folder')),
    [],
  );
  await writeFile(root.at(CHOICE), '# services: qubes.Gone\n');
  for (let time = 0; time < 2; time += 1) await run(t, root, script('postrm'), 'purge');
  await t.throwsAsync(access(root.at(CHOICE)), { code: 'ENOENT' });
  await root.dpkg('--purge', ...OURS);
  await assertNothingLeft(t, root, before);
});

testInRoot('a purge leaves no choice behind of a service that is no longer there', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await debianTemplate(t, made.tree);
  const before = await treeOf(root.path);
  await install(root, made);
  await run(t, root, '/usr/bin/qubes-rpc', 'services', 'enable', 'qubes.Restore');
  const text = await readFile(root.at(CHOICE), 'utf8');
  t.regex(text, /^# services: qubes\.Restore$/m);
  await writeFile(root.at(CHOICE), text.replace('services:', 'services: qubes.Gone'));
  await root.dpkg('--purge', ...OURS);
  await assertNothingLeft(t, root, before);
});
