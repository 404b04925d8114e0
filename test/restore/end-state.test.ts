// What a restore leaves is what the restore tool of Qubes OS leaves, qube by qube, but for what is
// listed here and in docs/differences.md.
import test, { type ExecutionContext } from 'ava';

import { restoredTag } from '../../lib/base/restore-tags.ts';
import { runRestore } from '../../lib/restore/run-restore.ts';
import { fixtureBackup, type FixtureName } from '../support/fixture-backup.ts';
import { fileDigest } from '../support/image.ts';
import type { Manifest } from '../support/manifest.ts';
import { qubeStates, stateDifferences } from '../support/qube-states.ts';
import {
  emptySystem,
  openArchive,
  planFor,
  type RestoreSystem,
  workOf,
} from '../support/restore-system.ts';
import { replayUpstream } from '../support/upstream-calls.ts';

/** Restores a fixture with us, and as the calls were that the other tool made. */
async function both(t: ExecutionContext, name: FixtureName, template?: string) {
  const { path, manifest } = await fixtureBackup(name);
  const [ours, theirs] = [await emptySystem(t), await emptySystem(t)];
  for (const { client } of [ours, theirs]) await client.labels.create('teal', '0x008080');
  for (const { client } of template === undefined ? [] : [ours, theirs]) {
    await client.create({ name: template ?? '', class: 'TemplateVM', label: 'black' });
    await client.system.set('default_template', template ?? '');
  }
  const backup = await openArchive(t, path, manifest.passphrase);
  const work = workOf(ours, backup, await planFor(ours, backup));
  const outcome = await runRestore(work);
  const refused = await replayUpstream(theirs.client, name);
  const differences = stateDifferences(
    await qubeStates(ours.client),
    await qubeStates(theirs.client),
  );
  return { ours, manifest, outcome, errors: work.errors, refused, differences };
}

async function sameVolumes(t: ExecutionContext, { client }: RestoreSystem, { vms }: Manifest) {
  for (const [name, qube] of Object.entries(vms)) {
    const { volumes } = client.qube(name);
    for (const [volume, { size, sha256 }] of Object.entries(qube.volumes)) {
      const there = await volumes.exportBegin(volume);
      t.is(there.size, size, `${name}:${volume}`);
      if (sha256 !== undefined) t.is(await fileDigest(there.path), sha256, `${name}:${volume}`);
      await volumes.exportEnd(volume, there);
    }
  }
}

/** Each device keeps its identity and its mode, where that tool makes it required, whatever it is. */
const DEVICES = [
  'sys-net: pci dom0:00_14.3: ours "0x8086:0x9df0::p028000 required no-strict-reset=True", ' +
    'theirs "* required no-strict-reset=True"',
  'sys-usb: pci dom0:00_14.0: ours "0x8086:0x9ded::p0c0330 required no-strict-reset=True", ' +
    'theirs "* required no-strict-reset=True"',
  'work: block sys-usb:sda1: ours "0951:1666:KINGSTON_DT_60A44C3F:u08 auto-attach ' +
    'frontend-dev=xvdj read-only=True", theirs "* required frontend-dev=xvdj read-only=True"',
];

/** The templates in these archives do not tell that disposables can be preloaded. */
const NOT_PRELOADED = [
  'admin.vm.feature.Set+preload-dispvm-max default-dvm: Qube does not support the RPC(s) ' +
    "'qubes.WaitForRunningSystem, qubes.WaitForSession'",
];

for (const name of ['v4-gzip', 'v4-zstd', 'v4-multichunk'] as const) {
  test.serial(name, async (t) => {
    const { ours, manifest, outcome, errors, refused, differences } = await both(t, name);
    t.deepEqual({ errors, refused }, { errors: [], refused: NOT_PRELOADED });
    t.true(outcome.ok);
    t.deepEqual(differences, [...restoredTags(manifest), ...DEVICES].sort());
    await sameVolumes(t, ours, manifest);
  });
}

test.serial('v3-encrypted-compressed', async (t) => {
  const result = await both(t, 'v3-encrypted-compressed', 'fedora-25');
  const { ours, manifest, outcome, errors, refused, differences } = result;
  t.deepEqual({ errors, refused }, { errors: [], refused: [] });
  t.true(outcome.ok);
  // What no rule lets pass is dropped: a last rule that says so is left out.
  const rules = differences.filter((line) => line.includes(': firewall: '));
  t.is(rules.length, 2);
  for (const line of rules) {
    const [, mine, other] = /ours "(.*)", theirs "(.*)"$/.exec(line) ?? [];
    t.is(other, `${mine}\\naction=drop`);
  }
  t.deepEqual(
    differences.filter((line) => !rules.includes(line)),
    restoredTags(manifest),
  );
  await sameVolumes(t, ours, manifest);
});

/** Every restored qube keeps such a tag. */
function restoredTags({ vms }: Manifest): string[] {
  const tag = restoredTag(new Date());
  return Object.keys(vms)
    .filter((name) => name !== 'dom0')
    .sort()
    .map((name) => `${name}: tag ${tag}: ours "set", theirs -`);
}
