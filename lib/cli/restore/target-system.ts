import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import type { ImportContent } from '../../restore/import-content.ts';
import { contentImporter } from '../import/content-importer.ts';
import { isInDom0, isInQube } from '../../qrexec/qubes-caller.ts';
import { chooseTransport } from '../rpc/choose-transport.ts';
import type { Whereabouts } from '../rpc/rpc-request.ts';
import { systemFolder } from '../system-folder.ts';
import { adminUser } from './admin-user.ts';
import type { PlanRequest, RunRequest } from './plan-request.ts';

/** Where the daemon listens in dom0 of Qubes OS. */
const DOM0_DAEMON = '/run/qubesd.sock';

/** Where dom0 of Qubes OS has it. */
const DOM0_RUN = '/run/qubes';

/** The system that is restored into, and where on this machine we keep what belongs to it. */
export interface TargetSystem {
  /** Its calls end when the run does. */
  readonly client: AdminClient;
  /** The same, but its calls work after a cancel. */
  readonly undo: AdminClient;
  /** Whose home dom0's is restored into; undefined where no name can be compared. */
  readonly user: string | undefined;
  /** Where that is; undefined where it is out of reach. */
  readonly home: string | undefined;
  /** Folder for notes of what a run has done. */
  readonly state: string;
  /** How volumes get their content where the pools are folders of ours. */
  readonly importContent?: ImportContent;
  /** Folder for what lasts until the machine is shut down. */
  readonly run: string;
}

/**
 * The system that a request means: what it names; else the one we are in, by dom0's socket or from a
 * qube by qrexec; else the embedded system of this user.
 */
export async function targetSystem(
  request: PlanRequest | RunRequest,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<TargetSystem> {
  const { root, socket, qrexec } = await whereabouts(request, env);
  const transport = chooseTransport({ root, socket, qrexec }, env);
  const isEmbedded = socket === undefined && !qrexec;
  const folder = systemFolder(root, env);
  const owner = socket === undefined ? undefined : await adminUser();
  return {
    client: new AdminClient(new AdminCalls(transport, signal)),
    undo: new AdminClient(new AdminCalls(transport)),
    user: owner?.name,
    // With sudo, we run as another.
    home: qrexec ? undefined : (owner?.home ?? homedir()),
    state: isEmbedded ? join(folder, 'restore') : stateFolder(env),
    ...(isEmbedded && { importContent: contentImporter(transport, signal) }),
    run: isEmbedded ? join(folder, 'run') : DOM0_RUN,
  };
}

async function whereabouts(
  { root, socket, qrexec }: Whereabouts,
  env: NodeJS.ProcessEnv,
): Promise<Whereabouts> {
  const isNamed = root !== undefined || socket !== undefined || qrexec;
  if (isNamed || (env['QUBES_RPC_ROOT'] ?? '') !== '') return { root, socket, qrexec };
  if (await isInQube()) return { root, socket, qrexec: true };
  return { root, socket: (await isInDom0()) ? DOM0_DAEMON : undefined, qrexec };
}

/** Where the XDG specification puts what programs note for their next run. */
function stateFolder(env: NodeJS.ProcessEnv): string {
  const named = env['XDG_STATE_HOME'];
  const base =
    named !== undefined && isAbsolute(named) ? named : join(homedir(), '.local', 'state');
  return join(base, 'qubes-rpc', 'restore');
}
