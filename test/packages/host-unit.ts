import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';

import type { ExecutionContext } from 'ava';

import { sessionStore } from '../support/recorded-session.ts';
import { allPackages } from './install.ts';
import { laterRelease, release } from './release.ts';
import { bringProgram, type Root, testInRoot } from './root.ts';
import { stockRoot } from './stock-root.ts';
import { assertNothingLeft, pathsNotIn, treeOf } from './tree.ts';

const LONG = 10 * 60 * 1000;
const OURS = ['qubes-rpc-dom0', 'qubes-rpc-vm', 'qubes-rpc-restore', 'qubes-rpc-doc'];
const QUBESD = 'etc/systemd/system/qubesd.service';
const PRELOAD = 'etc/systemd/system/qubes-preload-dispvm.service';

/** A root of Qubes OS with systemd's own program, where qubesd is started with the machine. */
async function rootWithQubesd(t: ExecutionContext): Promise<Root> {
  const root = await stockRoot(t, (await release()).tree);
  await bringProgram(root, '/usr/bin/systemctl');
  await mkdir(root.at('var/lib/qubes'), { recursive: true });
  await writeFile(root.at('var/lib/qubes/qubes.xml'), sessionStore('start'));
  const unit = '[Service]\nExecStart=/usr/bin/qubesd\n[Install]\nWantedBy=multi-user.target\n';
  await writeFile(root.at('usr/lib/systemd/system/qubesd.service'), unit);
  await run(t, root, '/usr/bin/systemctl', 'enable', 'qubesd.service');
  return root;
}

async function run(t: ExecutionContext, root: Root, ...words: string[]): Promise<void> {
  const [program = '', ...args] = words;
  const { exitCode, stderr } = await root.run(program, args);
  t.is(exitCode, 0, stderr);
}

testInRoot(
  'a later version, and an earlier one, keep the host in place of qubesd, removal brings that back',
  async (t) => {
    t.timeout(LONG);
    const root = await rootWithQubesd(t);
    const before = await treeOf(root.path);
    await root.rpm('--install', ...allPackages(await release()));
    await run(t, root, '/usr/bin/qubes-rpc', 'services', 'enable', 'qubes.Restore');
    await run(t, root, '/usr/bin/qubes-rpc', 'host', 'enable', '--replace-qubesd');
    t.is(await readlink(root.at(QUBESD)), '/dev/null');
    t.regex(await readlink(root.at(PRELOAD)), /usr\/share\/qubes-rpc\/systemd\//);
    const tmpfiles = root.at('etc/tmpfiles.d/qubes-rpc.conf');
    t.regex(
      await root.rpm('--query', '--file', '/etc/tmpfiles.d/qubes-rpc.conf'),
      /^qubes-rpc-dom0-/m,
    );

    const switched = /^\/(?:run|etc\/systemd|etc\/tmpfiles\.d)\//;
    const enabled = [...(await treeOf(root.path))].filter(([path]) => switched.test(path));
    t.true(enabled.length > 100);
    await root.rpm('--upgrade', ...allPackages(await laterRelease()));
    const upgraded = [...(await treeOf(root.path))].filter(([path]) => switched.test(path));
    t.deepEqual(upgraded, enabled);
    await root.rpm('--upgrade', '--oldpackage', ...allPackages(await release()));
    const downgraded = [...(await treeOf(root.path))].filter(([path]) => switched.test(path));
    t.deepEqual(downgraded, enabled);
    t.regex(await readFile(tmpfiles, 'utf8'), /^# host: enabled$/m);

    await root.rpm('--erase', ...OURS);
    await assertNothingLeft(t, root, before);
    const { stdout } = await root.run('/usr/bin/systemctl', ['is-enabled', 'qubesd.service']);
    t.is(stdout, 'enabled');
  },
);

testInRoot('where systemd refuses, all goes that can go by itself', async (t) => {
  t.timeout(LONG);
  const root = await rootWithQubesd(t);
  const before = await treeOf(root.path);
  await root.rpm('--install', ...allPackages(await release()));
  await run(t, root, '/usr/bin/qubes-rpc', 'host', 'enable', '--replace-qubesd');
  const refusing = '#!/usr/bin/node\nprocess.exit(1);\n';
  await writeFile(root.at('usr/bin/systemctl'), refusing, { mode: 0o755 });
  await root.rpm('--erase', ...OURS);
  const left = await treeOf(root.path);
  const added = pathsNotIn(left, before).filter((path) => !left.get(path)?.endsWith(' folder'));
  // What only systemctl changes: the mask, and the sockets that were enabled.
  t.deepEqual(
    added.filter((path) => path.startsWith('/etc/')),
    [
      `/${QUBESD}`,
      ...['-internal', '-misc', ''].map(
        (name) => `/etc/systemd/system/sockets.target.wants/qubes-rpcd${name}.socket`,
      ),
    ],
  );
});
