import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import { connectToDaemon, SocketTransport } from '../../admin/socket-transport.ts';
import type { QrexecCaller } from '../../qrexec/caller.ts';
import { isInDom0, isInQube, QubesCaller } from '../../qrexec/qubes-caller.ts';
import { systemFolder } from '../system-folder.ts';
import { embeddedCaller } from './embedded-qrexec.ts';

const DOM0_DAEMON = '/run/qubesd.sock';

/**
 * The way to the services of other qubes: in an embedded system, if one is named; else by Qubes' own
 * qrexec, in a qube or in dom0; else in the embedded system of this user.
 * @param root folder of an embedded system that the person has named
 * @param source the qube to call as, which only an embedded system lets a person choose
 */
export async function chooseCaller(
  root: string | undefined,
  env: NodeJS.ProcessEnv,
  source?: string,
): Promise<QrexecCaller> {
  const isNamed =
    root !== undefined || source !== undefined || (env['QUBES_RPC_ROOT'] ?? '') !== '';
  if (!isNamed && (await isInQube())) return QubesCaller.inQube();
  if (!isNamed && (await isInDom0())) {
    const client = new AdminClient(
      new AdminCalls(new SocketTransport(() => connectToDaemon(DOM0_DAEMON))),
    );
    return QubesCaller.inDom0((qube) => client.qube(qube).start());
  }
  return embeddedCaller(systemFolder(root, env), source);
}
