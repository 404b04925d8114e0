import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { AdminCalls } from '../../admin/calls.ts';
import { connectToDaemon, SocketTransport } from '../../admin/socket-transport.ts';
import { DOM0_POLICY, embeddedPolicy, type PolicyPlace } from '../policy-place.ts';
import { systemFolder } from '../system-folder.ts';
import { chooseTransport } from './choose-transport.ts';

const DOM0_SOCKET = '/run/qubesd.internal.sock';

/** A policy, and who knows the system that it is about. */
export interface ChosenPolicy {
  readonly place: PolicyPlace;
  /** Of the daemon; none is started before something is called. */
  readonly calls: AdminCalls;
}

/**
 * The policy that a request means: of an embedded system, if one is named; else of dom0 of Qubes OS,
 * where that is; else of the embedded system of this user.
 * @param folders in place of those of the system, if there are any
 */
export async function choosePolicy(
  root: string | undefined,
  folders: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ChosenPolicy> {
  const isNamed = root !== undefined || (env['QUBES_RPC_ROOT'] ?? '') !== '';
  const inDom0 = !isNamed && (await hasPolicy());
  const transport = inDom0
    ? new SocketTransport(() => connectToDaemon(DOM0_SOCKET))
    : chooseTransport({ root, socket: undefined, qrexec: false }, env);
  const [ofSystem, legacyFolder] = inDom0 ? DOM0_POLICY : embeddedPolicy(systemFolder(root, env));
  const named = folders.map((folder) => resolve(folder));
  return {
    place: [named.length > 0 ? named : ofSystem, legacyFolder],
    calls: new AdminCalls(transport, signal),
  };
}

async function hasPolicy(): Promise<boolean> {
  const found = await stat('/etc/qubes/policy.d').catch(() => undefined);
  return found?.isDirectory() === true;
}
