import { access, appendFile, readFile, readlink } from 'node:fs/promises';

import { allPackages } from './install.ts';
import { LATER, laterRelease, release } from './release.ts';
import { testInRoot } from './root.ts';
import { rootWithNode } from './stock-root.ts';

const LONG = 10 * 60 * 1000;

const CHANGED = LATER.changed;

testInRoot(
  'a later version, and an earlier one, keep what a person has changed and chosen, and so does removal',
  async (t) => {
    t.timeout(LONG);
    const root = await rootWithNode(t);
    const policy = (name: string): string => root.at('etc', 'qubes', 'policy.d', name);
    const first = await release();
    await root.rpm('--install', ...allPackages(first));
    await appendFile(policy(CHANGED), '# By a person.\n');
    await appendFile(policy('70-qubes-restore.policy'), '# By a person.\n');
    const enabled = await root.run('/usr/bin/qubes-rpc', ['services', 'enable', 'qubes.Restore']);
    t.is(enabled.exitCode, 0, enabled.stderr);

    const later = await laterRelease();
    await root.rpm('--upgrade', ...allPackages(later));
    t.is(await root.rpm('--query', '--qf', '%{VERSION}', 'qubes-rpc-vm'), LATER.version);
    t.regex(await readFile(policy(CHANGED), 'utf8'), /# By a person\.\n$/);
    t.is(await readFile(policy(`${CHANGED}.rpmnew`), 'utf8'), '# Changed in a later version.\n');
    t.regex(await readFile(policy('70-qubes-restore.policy'), 'utf8'), /# By a person\.\n$/);
    await t.throwsAsync(access(policy('70-qubes-restore.policy.rpmnew')), { code: 'ENOENT' });
    t.regex(
      await readlink(root.at('run', 'qubes-rpc', 'qubes.Restore')),
      /\/usr\/libexec\/qubes-rpc\/services\/qubes\.Restore$/,
      'an update does not take back what was taken over',
    );

    await root.rpm('--upgrade', '--oldpackage', ...allPackages(first));
    t.is(await root.rpm('--query', '--qf', '%{VERSION}', 'qubes-rpc-vm'), first.version);
    t.regex(await readFile(policy(CHANGED), 'utf8'), /# By a person\.\n$/);
    t.regex(
      await readlink(root.at('run', 'qubes-rpc', 'qubes.Restore')),
      /\/usr\/libexec\/qubes-rpc\/services\/qubes\.Restore$/,
    );

    await root.rpm(
      '--erase',
      'qubes-rpc-dom0',
      'qubes-rpc-vm',
      'qubes-rpc-restore',
      'qubes-rpc-doc',
    );
    t.regex(await readFile(policy(`${CHANGED}.rpmsave`), 'utf8'), /# By a person\.\n$/);
    await t.throwsAsync(access(policy(CHANGED)), { code: 'ENOENT' });
    await t.throwsAsync(access(policy('60-qubes-restore.policy')), { code: 'ENOENT' });
    await t.throwsAsync(readlink(root.at('run', 'qubes-rpc', 'qubes.Restore')), { code: 'ENOENT' });
  },
);
