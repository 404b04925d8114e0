import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { ServiceExecutables } from '../../lib/admin/service-executables.ts';
import { connectToDaemon, SocketTransport } from '../../lib/admin/socket-transport.ts';
import { socketOf, socketPath } from '../../lib/admin/start-host.ts';
import type { Transport } from '../../lib/admin/transport.ts';
import type { Backup } from '../../lib/archive/api.ts';
import { openBackup } from '../../lib/archive/open-backup.ts';
import { openFileSource } from '../../lib/archive/outer/source.ts';
import type { ErrorEvent, ReportEvent } from '../../lib/base/report.ts';
import type { RestorePlan } from '../../lib/base/restore-plan.ts';
import { contentImporter } from '../../lib/cli/import/content-importer.ts';
import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';
import { createStore } from '../../lib/model/store/create-store.ts';
import { planRestore } from '../../lib/restore/make-plan.ts';
import { readHostFacts } from '../../lib/restore/read-host-facts.ts';
import type { RestoreOptions } from '../../lib/restore/restore-options.ts';
import type { RestoreWork } from '../../lib/restore/restore-work.ts';
import { readUnfinished } from '../../lib/restore/unfinished.ts';
import { type RunningHost, startHost } from './embedded-system.ts';
import { builtFolder } from './service-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Test = Parameters<typeof temporaryFolder>[0];

/** An embedded system with its real host, that backups are restored into. */
export interface RestoreSystem {
  /** Folder of the system. */
  readonly root: string;
  readonly client: AdminClient;
  readonly transport: Transport;
  /** Folder of the journals. */
  readonly state: string;
  /** Folder for dom0's home. */
  readonly home: string;
  readonly host: RunningHost;
}

/** What a plan is made with unless a test says something else. */
export const PLAIN: RestoreOptions = {
  include: [],
  exclude: [],
  conflicting: 'stop',
  useDefaultNetvm: true,
  useNoneNetvm: false,
  useDefaultTemplate: true,
  useDefaultKernel: true,
  skipBroken: false,
  dom0Home: true,
  ignoreUsernameMismatch: true,
  overridePool: undefined,
  ignoreSizeLimit: false,
  devices: true,
};

const PCI = ['0000:00:14.0', '0000:00:14.3', '0000:00:1f.6'];

/** A system with nothing but dom0 and kernels. */
export async function emptySystem(t: Test, root?: string): Promise<RestoreSystem> {
  const folder = await temporaryFolder(t);
  const place = root ?? join(folder, 'system');
  await createStore(place, embeddedDoors(place));
  for (const kernel of ['6.6.1', '6.12.43-1.fc41']) {
    const files = join(place, 'vm-kernels', kernel);
    await mkdir(files, { recursive: true });
    for (const file of ['vmlinuz', 'initramfs', 'modules.img'])
      await writeFile(join(files, file), '');
  }
  const pciDevices = PCI.map((address) => {
    const ids = { vendorId: '8086', deviceId: 'a12f', classCode: '0c0330' };
    return { address, ...ids };
  });
  await writeFile(join(place, 'machine.json'), JSON.stringify({ pciDevices }));
  const host = await startHost(place);
  t.teardown(async () => {
    host.kill('SIGTERM');
    await host.finished;
  });
  const home = join(folder, 'home');
  await mkdir(home);
  const transport = await transportTo(place);
  const client = new AdminClient(new AdminCalls(transport));
  await client.system.set('default_kernel', '6.6.1');
  return { root: place, client, transport, state: join(folder, 'state'), home, host };
}

/** The sockets of a system's host, which must run, and the executables of its services. */
export async function transportTo(root: string): Promise<Transport> {
  const executables = new ServiceExecutables({
    folders: [join(await builtFolder(), 'services')],
    env: { QUBES_RPC_ROOT: root },
    asRoot: false,
  });
  return new SocketTransport(
    (method) => connectToDaemon(socketPath(root, socketOf(method))),
    executables,
  );
}

/** Opens a backup for a test. */
export async function openArchive(
  t: Test,
  path: string,
  passphrase: string,
  signal?: AbortSignal,
): Promise<Backup> {
  const backup = await openBackup(await openFileSource(path), {
    passphrases: [passphrase],
    ...(signal && { signal }),
  });
  t.teardown(() => backup.close());
  return backup;
}

/** Plans to restore what is in a backup into a system, as the program does. */
export async function planFor(
  { client, state }: Pick<RestoreSystem, 'client' | 'state'>,
  backup: Backup,
  options: Partial<RestoreOptions> = {},
): Promise<RestorePlan> {
  const unfinished = await readUnfinished(state, backup.identity, client);
  const facts = await readHostFacts(client, { user: 'user', unfinished });
  return planRestore(backup, 'the archive', facts, { ...PLAIN, ...options });
}

/** What `runRestore` takes, and the errors it tells. */
export function workOf(
  { client, transport, state, home }: RestoreSystem,
  backup: Backup,
  plan: RestorePlan,
): RestoreWork & { readonly errors: ErrorEvent[]; readonly events: ReportEvent[] } {
  const { signal } = new AbortController();
  const errors: ErrorEvent[] = [];
  const events: ReportEvent[] = [];
  return {
    ...{ plan, backup, client, undo: client, state, home, signal, errors, events },
    keep: false,
    importContent: contentImporter(transport, signal),
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'error') errors.push(event);
    },
  };
}
