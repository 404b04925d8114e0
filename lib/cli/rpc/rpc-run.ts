import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import { chooseCaller } from '../qrexec/choose-caller.ts';
import { systemFolder } from '../system-folder.ts';
import { chooseTransport } from './choose-transport.ts';
import { callRaw } from './commands/call.ts';
import { cloneNamed } from './commands/clone-qube.ts';
import { createQube } from './commands/create-qube.ts';
import { showOrChangeDevices } from './commands/devices.ts';
import { showEvents } from './commands/events.ts';
import { showOrSetFeatures } from './commands/features.ts';
import { showOrChangeFirewall } from './commands/firewall.ts';
import { showOrStopHost } from './commands/host.ts';
import { initSystem } from './commands/init.ts';
import { showOrChangeLabels } from './commands/labels.ts';
import { listQubes } from './commands/list-qubes.ts';
import { showOrSetNotes } from './commands/notes.ts';
import { showOrChangePools } from './commands/pools.ts';
import { tellOfPolicy } from './commands/policy.ts';
import { changePower } from './commands/power.ts';
import { showOrSetProperties } from './commands/properties.ts';
import { removeQubes } from './commands/remove-qubes.ts';
import { runService } from './commands/run-service.ts';
import { shutDown } from './commands/shutdown.ts';
import { showOrChangeTags } from './commands/tags.ts';
import { showOrChangeVolumes } from './commands/volumes.ts';
import { confirm } from './confirm.ts';
import { fileImporter } from './import-file.ts';
import { ranHostUnit, runServices } from './machine-run.ts';
import type { RpcDoors } from './rpc-doors.ts';
import type { RpcRequest, Whereabouts } from './rpc-request.ts';

/** What a run shows things on. */
export type RpcStreams = Pick<RpcDoors, 'screen' | 'results' | 'messages'>;

/**
 * Carries out a request: `chooseTransport` decides what it is carried out on.
 * @returns exit status: 0, that of the service that was run, or what policy says
 */
export async function runRpc(
  request: RpcRequest,
  host: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>,
  streams: RpcStreams,
  signal: AbortSignal,
): Promise<number> {
  if (request.command === 'services') {
    await runServices(request, streams.screen);
    return 0;
  }
  if (request.command === 'host' && (await ranHostUnit(request, streams.screen, host.env)))
    return 0;
  const where = { socket: undefined, qrexec: false, ...request };
  const transport = chooseTransport(where, host.env);
  const client = new AdminClient(new AdminCalls(transport, signal));
  const doors: RpcDoors = {
    client,
    undo: new AdminClient(new AdminCalls(transport)),
    importFile: isOurs(where) ? fileImporter(transport, signal) : undefined,
    ...streams,
    stdin: host.stdin,
    signal,
    isTerminal: host.stdout.isTTY,
    confirm: (question) => confirm(question, host, signal),
  };
  if (request.command === 'run') {
    return runService(request, await chooseCaller(request.root, host.env, request.as), doors);
  }
  if (request.command === 'policy') return tellOfPolicy(request, doors, host.env);
  await carryOut(request, doors, host.env);
  return 0;
}

/** Whether the request is about an embedded system, whose files are ours. */
function isOurs({ socket, qrexec }: Pick<Whereabouts, 'socket' | 'qrexec'>): boolean {
  return socket === undefined && !qrexec;
}

function carryOut(
  request: Exclude<RpcRequest, { command: 'run' | 'policy' | 'services' }>,
  doors: RpcDoors,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { client, screen } = doors;
  switch (request.command) {
    case 'init':
      return initSystem(request, systemFolder(request.root, env), client, screen);
    case 'ls':
      return listQubes(request, doors);
    case 'create':
      return createQube(request, doors);
    case 'remove':
      return removeQubes(request, doors);
    case 'prefs':
      return showOrSetProperties(request, doors);
    case 'features':
      return showOrSetFeatures(request, doors);
    case 'tags':
      return showOrChangeTags(request, doors);
    case 'notes':
      return showOrSetNotes(request, doors);
    case 'labels':
      return showOrChangeLabels(request, doors);
    case 'clone':
      return cloneNamed(request, doors);
    case 'volume':
      return showOrChangeVolumes(request, doors);
    case 'pool':
      return showOrChangePools(request, doors);
    case 'device':
      return showOrChangeDevices(request, doors);
    case 'firewall':
      return showOrChangeFirewall(request, doors);
    case 'start':
    case 'kill':
    case 'pause':
    case 'unpause':
    case 'suspend':
    case 'resume':
      return changePower(request, doors);
    case 'shutdown':
      return shutDown(request, doors);
    case 'call':
      return callRaw(request, doors);
    case 'events':
      return showEvents(request, doors);
    case 'host':
      return showOrStopHost(request, systemFolder(request.root, env), client, screen);
  }
}
