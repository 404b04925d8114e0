import { mkdtempSync, rmSync } from 'node:fs';
import { chown, lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { errorFrame } from '../../lib/admin/frames.ts';
import type { AdminRequest, Transport } from '../../lib/admin/transport.ts';
import { ProtocolError, QubesException } from '../../lib/base/admin-error.ts';
import { CancelledError } from '../../lib/base/errors.ts';
import { qubeReport } from '../../lib/base/report.ts';
import type { RestorePlan } from '../../lib/base/restore-plan.ts';
import { RESTORING, restoredTag } from '../../lib/base/restore-tags.ts';
import { contentImporter } from '../../lib/cli/import/content-importer.ts';
import { streamedImport } from '../../lib/restore/import-content.ts';
import { KiB, MiB } from '../../lib/base/size.ts';
import { runRestore } from '../../lib/restore/run-restore.ts';
import { readUnfinished } from '../../lib/restore/unfinished.ts';
import { mountSmallDisk } from '../base/small-disk.ts';
import { startHost } from '../support/embedded-system.ts';
import { readMembers, writeMembers } from '../support/archive-member.ts';
import { fileDigest } from '../support/image.ts';
import { makeBackup, type MadeBackup } from '../support/make-backup.ts';
import { changed, flipped } from '../support/mutate-backup.ts';
import {
  emptySystem,
  openArchive,
  planFor,
  type RestoreSystem,
  workOf,
} from '../support/restore-system.ts';
import { RESTORED } from '../support/restore-spec.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let made: MadeBackup;

const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-'));

test.before(async () => {
  made = await makeBackup(folder, RESTORED);
});

test.after.always(() => rmSync(folder, { recursive: true }));

/** An empty system, and the backup opened and planned for it. */
async function begin(t: ExecutionContext, path = made.path, signal?: AbortSignal) {
  const system = await emptySystem(t);
  const backup = await openArchive(t, path, made.manifest.passphrase, signal);
  return { system, backup, work: workOf(system, backup, await planFor(system, backup)) };
}

/** Every volume of the backup has its digest, for the qubes that are there by those names. */
async function volumesAreRight(t: ExecutionContext, { client }: RestoreSystem, plan: RestorePlan) {
  for (const { name, newName } of plan.qubes) {
    const expected = made.manifest.vms[name]?.volumes ?? {};
    for (const [volume, { size, sha256 }] of Object.entries(expected)) {
      const there = await client.qube(newName).volumes.exportBegin(volume);
      t.is(there.size, size, `${newName}:${volume}`);
      t.is(await fileDigest(there.path), sha256 ?? '', `${newName}:${volume}`);
      await client.qube(newName).volumes.exportEnd(volume, there);
    }
  }
}

async function names({ client }: RestoreSystem): Promise<string[]> {
  return (await client.list()).map(({ name }) => name).filter((name) => name !== 'dom0');
}

const ALL = ['banking', 'debian', 'dvm', 'named-disp', 'net'];

/** The archive with one bit of a member changed. */
async function damaged(t: ExecutionContext, member: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'damaged');
  const members = await readMembers(made.path);
  await writeMembers(
    path,
    changed(members, member, (one) => [flipped(one, 'body')]),
  );
  return path;
}

/** A transport that answers some calls itself. */
function answering(
  transport: Transport,
  answer: (request: AdminRequest) => Uint8Array | undefined,
): Transport {
  return {
    stream: (request, signal) => transport.stream(request, signal),
    async *send(request, signal) {
      const own = answer(request);
      if (own !== undefined) yield own;
      else yield* transport.send(request, signal);
    },
  };
}

function clientOf(transport: Transport, signal?: AbortSignal): AdminClient {
  return new AdminClient(new AdminCalls(transport, signal));
}

test.serial('restores qubes with all that is theirs, and dom0s home', async (t) => {
  const { system, work } = await begin(t);
  const outcome = await runRestore(work);
  t.deepEqual(work.errors, []);
  t.true(outcome.ok);
  for (const report of outcome.qubes) t.notThrows(() => qubeReport.parse(report));
  t.deepEqual(await names(system), ALL);
  await volumesAreRight(t, system, work.plan);

  const banking = system.client.qube('banking');
  t.is((await banking.properties.get('netvm')).value, 'net');
  t.is((await banking.properties.get('memory')).value, '500');
  t.is(await banking.notes(), 'the bank');
  t.is(await banking.features.get('menu-items'), 'firefox.desktop');
  t.deepEqual(
    (await banking.firewall.rules()).map((rule) => rule.get('dst4')),
    ['10.0.0.1/32'],
  );
  const tags = await banking.tags.list();
  t.true(tags.includes(restoredTag(new Date())));
  t.false(tags.includes(RESTORING));
  t.is((await system.client.qube('named-disp').properties.get('template')).value, 'dvm');
  t.is(await system.client.qube('dvm').features.get('preload-dispvm-max'), '0');
  await t.notThrowsAsync(banking.start());

  const [home = ''] = await readdir(system.home);
  t.regex(home, /^home-restore-\d{4}-\d\d-\d\d-\d{6}$/);
  t.is(await readFile(join(system.home, home, 'Documents', 'letter.txt'), 'utf8'), 'dear\n');
  t.is(await readlink(join(system.home, home, 'link')), '/etc');
  // Nothing is left to go on with.
  t.deepEqual(await readdir(system.state), []);
});

test.serial('tells new names, digests and what became of each qube', async (t) => {
  const system = await emptySystem(t);
  await system.client.create({ name: 'net', class: 'StandaloneVM', label: 'red' });
  const backup = await openArchive(t, made.path, made.manifest.passphrase);
  const plan = await planFor(system, backup, { conflicting: 'rename', dom0Home: false });
  const work = workOf(system, backup, plan);
  const outcome = await runRestore(work);
  t.deepEqual(work.errors, []);
  const net = outcome.qubes.find(({ name }) => name === 'net');
  t.like(net, { newName: 'net-1', result: 'restored', selected: true });
  t.deepEqual(
    net?.parts.map(({ part, sha256 }) => [part, sha256]),
    Object.entries(made.manifest.vms['net']?.volumes ?? {}).map(([part, { sha256 }]) => [
      part,
      sha256,
    ]),
  );
  t.is((await system.client.qube('banking').properties.get('netvm')).value, 'net-1');
  t.deepEqual(await readdir(system.home), []);
  await volumesAreRight(t, system, work.plan);
});

test.serial('fills volumes through the Admin API as well', async (t) => {
  const { system, work } = await begin(t);
  const streamed = { ...work, importContent: streamedImport(system.client) };
  t.like(await runRestore(streamed), { ok: true });
  await volumesAreRight(t, system, work.plan);
});

test.serial('no qube can be started before all is there', async (t) => {
  const { system, work } = await begin(t);
  const refused: string[] = [];
  const outcome = await runRestore({
    ...work,
    importContent: async (target, content) => {
      const started = system.client.qube(target.qube).start();
      await t.throwsAsync(started, { message: /Restore of this domain in progress/ });
      refused.push(`${target.qube}:${target.volume}`);
      await work.importContent?.(target, content);
    },
  });
  t.true(outcome.ok);
  t.is(refused.length, 6);
});

// Only root can give files away; the skip is counted.
(process.getuid?.() === 0 ? test.serial : test.skip)(
  'dom0s home belongs to whom the home belongs to, and no link is followed (needs root)',
  async (t) => {
    const { system, backup } = await begin(t);
    await chown(system.home, 1234, 1234);
    const plan = await planFor(system, backup, { include: ['net', 'dom0'] });
    t.true((await runRestore(workOf(system, backup, plan))).ok);
    const [name = ''] = await readdir(system.home);
    for (const path of ['.', 'Documents', 'Documents/letter.txt', 'link']) {
      t.is((await lstat(join(system.home, name, path))).uid, 1234, path);
    }
    t.is((await lstat('/etc')).uid, 0);
  },
);

test.serial('a daemon that takes no tag at creation is told at once', async (t) => {
  const { system, work } = await begin(t);
  const calls: string[] = [];
  const stock = answering(system.transport, ({ method, argument, destination, payload }) => {
    const text = Buffer.from(payload).toString();
    if (method.startsWith('admin.vm.Create.') || method === 'admin.vm.tag.Set') {
      calls.push(`${method}+${argument} ${destination} ${text}`);
    }
    if (!text.includes('tag=')) return undefined;
    return errorFrame(new ProtocolError('Options does not match: name, label, pool, pool:'));
  });
  t.like(await runRestore({ ...work, client: clientOf(stock) }), { ok: true });
  t.is(calls.filter((call) => call.includes('tag=')).length, 1);
  const creation = calls.findIndex((call) => call.includes('name=net '));
  const tagging = calls.indexOf(`admin.vm.tag.Set+${RESTORING} net `);
  t.true(creation >= 0 && tagging > creation);
  t.deepEqual(await system.client.qube('net').tags.has(RESTORING), false);
});

test.serial('what is refused is in the report, and the run is not well', async (t) => {
  const { system, backup } = await begin(t);
  const plan = await planFor(system, backup);
  const banking = plan.qubes.find(({ name }) => name === 'banking');
  if (banking === undefined) throw new Error('The backup has it');
  banking.properties['no_such_property'] = '1';
  banking.references['netvm'] = 'no-such-qube';
  const work = workOf(system, backup, plan);
  const outcome = await runRestore(work);
  t.like(outcome, { ok: false, failure: 'refused' });
  const report = outcome.qubes.find(({ name }) => name === 'banking');
  t.deepEqual(report?.notSet, [
    {
      what: 'the property no_such_property',
      reason: "Invalid property 'no_such_property' of banking",
    },
    { what: 'the property netvm', reason: "Can't set netvm to non-existing qube no-such-qube" },
  ]);
  t.is(report?.result, 'restored');
  t.deepEqual(
    work.errors.map(({ code, qube }) => `${code} ${qube ?? ''}`),
    ['refused banking', 'refused banking'],
  );
  // Another run could do nothing better: it is no half-finished one.
  t.deepEqual(await readdir(system.state), []);
  // Not the default of the system: that may lead to another network.
  t.like(await system.client.qube('banking').properties.get('netvm'), {
    value: '',
    default: false,
  });
});

test.serial('a qube whose rules cannot be set lets nothing pass', async (t) => {
  const { system, work } = await begin(t);
  const refusing = answering(system.transport, ({ method, payload }) => {
    const isTheirs = method === 'admin.vm.firewall.Set' && payload.toString() !== 'action=drop\n';
    return isTheirs ? errorFrame(new QubesException('no')) : undefined;
  });
  const outcome = await runRestore({ ...work, client: clientOf(refusing) });
  t.like(outcome, { ok: false, failure: 'refused' });
  t.deepEqual(
    (await system.client.qube('banking').firewall.rules()).map((rule) => [...rule]),
    [[['action', 'drop']]],
  );
});

test.serial('a template that cannot preload is no bad end: nothing is lost', async (t) => {
  const { system, work } = await begin(t);
  const refusing = answering(system.transport, ({ method, argument }) =>
    method === 'admin.vm.feature.Set' && argument === 'preload-dispvm-max'
      ? errorFrame(new QubesException('no agent'))
      : undefined,
  );
  const client = clientOf(refusing);
  const outcome = await runRestore({ ...work, client, undo: client });
  t.like(outcome, { ok: true, warnings: 1, errors: 0 });
  t.deepEqual(await names(system), ALL);
});

test.serial('a damaged volume costs its qube only', async (t) => {
  const { system, work } = await begin(t, await damaged(t, 'vm1/private.img.000.enc'));
  const outcome = await runRestore(work);
  t.like(outcome, { ok: false, failure: 'damaged' });
  const damagedQube = outcome.qubes.find(({ parts }) =>
    parts.some(({ status }) => status === 'damaged'),
  );
  t.is(damagedQube?.result, 'removed');
  t.deepEqual(
    await names(system),
    ALL.filter((name) => name !== damagedQube?.name),
  );
});

test.serial('a damaged template is kept with those that need it, and none starts', async (t) => {
  const file = Object.entries(made.manifest.vms).find(([name]) => name === 'debian')?.[1];
  const path = await damaged(t, `${file?.backup_path ?? ''}root.img.000.enc`);
  const { system, work } = await begin(t, path);
  const outcome = await runRestore(work);
  t.like(outcome, { ok: false, failure: 'damaged' });
  const results = Object.fromEntries(outcome.qubes.map(({ name, result }) => [name, result]));
  t.deepEqual(results, {
    dom0: undefined,
    banking: 'kept',
    debian: 'kept',
    dvm: 'kept',
    'named-disp': 'kept',
    net: 'restored',
  });
  await t.throwsAsync(system.client.qube('banking').start(), { message: /in progress/ });

  // A good copy completes them; what was there is not done again.
  const good = await openArchive(t, made.path, made.manifest.passphrase);
  const again = workOf(system, good, await planFor(system, good));
  const imported: string[] = [];
  const second = await runRestore({
    ...again,
    importContent: async (target, content) => {
      imported.push(`${target.qube}:${target.volume}`);
      await again.importContent?.(target, content);
    },
  });
  t.deepEqual(again.errors, []);
  t.true(second.ok);
  t.deepEqual(imported, ['debian:root']);
  await volumesAreRight(t, system, again.plan);
  t.is((await readdir(system.home)).length, 1);
});

test.serial('a qube gets the netvm that another run has brought, unless it has one', async (t) => {
  const file = made.manifest.vms['net'];
  const path = await damaged(t, `${file?.backup_path ?? ''}private.img.000.enc`);
  for (const chosen of ['', 'mine']) {
    const { system, work } = await begin(t, path);
    const { properties } = system.client.qube('banking');
    t.false((await runRestore(work)).ok);
    t.is((await properties.get('netvm')).value, '', 'the netvm of its backup is not complete');
    if (chosen !== '') {
      await system.client.create({ name: chosen, class: 'StandaloneVM', label: 'red' });
      await system.client.qube(chosen).properties.set('provides_network', 'True');
      await properties.set('netvm', chosen);
    }

    const good = await openArchive(t, made.path, made.manifest.passphrase);
    const again = workOf(system, good, await planFor(system, good));
    const second = await runRestore(again);
    t.deepEqual({ errors: again.errors, ok: second.ok }, { errors: [], ok: true });
    t.is((await properties.get('netvm')).value, chosen === '' ? 'net' : chosen);
    t.deepEqual(
      second.qubes.flatMap(({ notSet = [] }) => notSet),
      [],
    );
  }
});

test.serial('what an earlier run could not set is no good end of the next one', async (t) => {
  const place = made.manifest.vms['net']?.backup_path ?? '';
  const { system, work } = await begin(t, await damaged(t, `${place}private.img.000.enc`));
  const refuse = answering(system.transport, ({ method, argument }) =>
    method === 'admin.vm.property.Set' && argument === 'memory'
      ? errorFrame(new QubesException('no'))
      : undefined,
  );
  t.false((await runRestore({ ...work, client: clientOf(refuse) })).ok);
  const good = await openArchive(t, made.path, made.manifest.passphrase);
  const second = await runRestore(workOf(system, good, await planFor(system, good)));
  t.like(second, { ok: false, failure: 'refused' });
  t.deepEqual(
    second.qubes.flatMap(({ notSet = [] }) => notSet.map(({ what }) => what)),
    ['the property memory'],
  );
});

for (const keep of [false, true]) {
  test.serial(`cancelled, ${keep ? 'with' : 'without'} --keep`, async (t) => {
    const controller = new AbortController();
    const { system, backup, work } = await begin(t, made.path, controller.signal);
    const outcome = await runRestore({
      ...work,
      keep,
      signal: controller.signal,
      client: clientOf(system.transport, controller.signal),
      importContent: async (target, content) => {
        if (target.qube === 'dvm') controller.abort(new CancelledError());
        await contentImporter(system.transport, controller.signal)(target, content);
      },
    });
    t.like(outcome, { ok: false, failure: 'cancelled' });
    t.deepEqual(await names(system), keep ? ALL : []);
    const results = outcome.qubes.flatMap(({ result }) => result ?? []);
    t.deepEqual(
      results,
      ALL.map(() => (keep ? 'kept' : 'removed')),
    );
    for (const name of keep ? ALL : []) {
      await t.throwsAsync(system.client.qube(name).start(), { message: /in progress/ });
    }
    const left = await readUnfinished(system.state, backup.identity, system.client);
    t.deepEqual([...left.keys()].sort(), keep ? ALL : []);

    const second = await openArchive(t, made.path, made.manifest.passphrase);
    const again = workOf(system, second, await planFor(system, second));
    t.true((await runRestore(again)).ok);
    await volumesAreRight(t, system, again.plan);
    t.deepEqual(await readdir(system.state), []);
  });
}

test.serial('a daemon that goes away ends the run, and the next one completes it', async (t) => {
  const { system, work } = await begin(t);
  let imports = 0;
  const outcome = await runRestore({
    ...work,
    importContent: async (target, content) => {
      if (++imports === 3) {
        system.host.kill('SIGKILL');
        await system.host.finished;
      }
      await work.importContent?.(target, content);
    },
  });
  t.like(outcome, { ok: false, failure: 'needs' });
  t.regex(work.errors[0]?.message ?? '', /daemon/);
  t.true(outcome.qubes.every(({ result }) => result === undefined || result === 'kept'));

  const host = await startHost(system.root);
  t.teardown(() => host.kill('SIGTERM'));
  const second = await openArchive(t, made.path, made.manifest.passphrase);
  const again = workOf(system, second, await planFor(system, second));
  t.true((await runRestore(again)).ok);
  await volumesAreRight(t, system, again.plan);
});

test.serial('a daemon that is gone before it has answered is asked anew', async (t) => {
  const { system, work } = await begin(t);
  const unanswered = new Set(['admin.vm.Create.TemplateVM', 'admin.vm.property.Set']);
  const transport: Transport = {
    stream: (request, signal) => system.transport.stream(request, signal),
    async *send(request, signal) {
      const isLost = unanswered.delete(request.method);
      for await (const block of system.transport.send(request, signal)) if (!isLost) yield block;
    },
  };
  t.true((await runRestore({ ...work, client: clientOf(transport) })).ok);
  t.is(unanswered.size, 0);
  t.deepEqual(work.errors, []);
  t.deepEqual(await names(system), ALL);
  await volumesAreRight(t, system, work.plan);
});

test.serial(
  'ended between a template of disposables and what makes it one, it goes on',
  async (t) => {
    const { system, work } = await begin(t);
    const end = new AbortController();
    const transport = answering(system.transport, ({ argument, destination }) => {
      if (destination !== 'dvm' || argument !== 'template_for_dispvms') return undefined;
      end.abort(new CancelledError('Interrupted'));
      throw new CancelledError('Interrupted');
    });
    const broken = {
      ...work,
      client: clientOf(transport, end.signal),
      signal: end.signal,
      keep: true,
    };
    t.false((await runRestore(broken)).ok);
    t.deepEqual(await names(system), ['debian', 'dvm']);

    const second = await openArchive(t, made.path, made.manifest.passphrase);
    const again = workOf(system, second, await planFor(system, second));
    t.true((await runRestore(again)).ok);
    t.deepEqual(again.errors, []);
    t.deepEqual(await names(system), ALL);
  },
);

test.serial('two runs do not restore the same backup at a time', async (t) => {
  const { system, work } = await begin(t);
  const second = await openArchive(t, made.path, made.manifest.passphrase);
  const again = workOf(system, second, work.plan);
  let refused: unknown;
  await runRestore({
    ...work,
    importContent: async (target, content) => {
      refused ??= await runRestore(again).catch((error: unknown) => error);
      await work.importContent?.(target, content);
    },
  });
  t.regex(String(refused), /Another run restores this backup/);
});

test.serial(
  'a setting at which the daemon fails without a word is told, and all else is done',
  async (t) => {
    const { system, work } = await begin(t);
    const failing = answering(system.transport, ({ method, argument }) =>
      method === 'admin.vm.property.Set' && argument === 'memory' ? new Uint8Array() : undefined,
    );
    const outcome = await runRestore({ ...work, client: clientOf(failing) });
    t.like(outcome, { ok: false, failure: 'refused' });
    const banking = outcome.qubes.find(({ name }) => name === 'banking');
    t.is(banking?.result, 'restored');
    t.deepEqual(
      banking?.notSet?.map(({ what }) => what),
      ['the property memory'],
    );
  },
);

test.serial('a volume that the class of a qube does not keep is told', async (t) => {
  const { system, backup } = await begin(t);
  const plan = await planFor(system, backup, { include: ['debian', 'net'] });
  const net = plan.qubes.find(({ name }) => name === 'net');
  if (net === undefined) throw new Error('The backup has it');
  // A qube of this class begins from its template's root each time.
  Object.assign(net, { class: 'AppVM', template: 'debian' });
  const work = workOf(system, backup, plan);
  const outcome = await runRestore(work);
  t.like(outcome, { ok: false, failure: 'refused' });
  const report = outcome.qubes.find(({ name }) => name === 'net');
  t.is(report?.result, 'restored');
  t.deepEqual(report?.notSet, [
    { what: 'the volume root', reason: 'qubes of class AppVM keep no such volume' },
  ]);
});

const small = mountSmallDisk(12 * MiB);
test.after.always(() => small?.remove());

// Mounting takes root; the skip is counted.
(small === undefined ? test.skip : test.serial)(
  'a pool that is full is named, and the other qubes go on (needs root)',
  async (t) => {
    const system = await emptySystem(t);
    const full = small?.path ?? '';
    await system.client.pools.add(
      'tiny',
      'file-reflink',
      new Map([
        ['dir_path', full],
        ['setup_check', 'False'],
      ]),
    );
    await writeFile(join(full, 'filler'), new Uint8Array(12 * MiB - 40 * KiB));
    const backup = await openArchive(t, made.path, made.manifest.passphrase);
    const plan = await planFor(system, backup, { ignoreSizeLimit: true });
    const net = plan.qubes.find(({ name }) => name === 'net');
    for (const volume of net?.volumes ?? []) Object.assign(volume, { pool: 'tiny' });
    const work = workOf(system, backup, plan);
    const outcome = await runRestore(work);
    t.false(outcome.ok);
    const report = outcome.qubes.find(({ name }) => name === 'net');
    t.is(report?.result, 'removed');
    const failed = report?.parts.filter(({ status }) => status === 'failed') ?? [];
    t.regex(failed[0]?.reason ?? '', /pool tiny: .*(disk|pool).* full/);
    t.deepEqual(
      await names(system),
      ALL.filter((name) => name !== 'net'),
    );
  },
);
