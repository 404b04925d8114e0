import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import type { Output } from '../output.ts';
import { systemFolder } from '../system-folder.ts';
import { chooseTransport } from './choose-transport.ts';
import { callRaw } from './commands/call.ts';
import { createQube } from './commands/create-qube.ts';
import { showEvents } from './commands/events.ts';
import { showOrSetFeatures } from './commands/features.ts';
import { showOrStopHost } from './commands/host.ts';
import { initSystem } from './commands/init.ts';
import { showOrChangeLabels } from './commands/labels.ts';
import { listQubes } from './commands/list-qubes.ts';
import { showOrSetNotes } from './commands/notes.ts';
import { showOrSetProperties } from './commands/properties.ts';
import { removeQubes } from './commands/remove-qubes.ts';
import { showOrChangeTags } from './commands/tags.ts';
import { confirm } from './confirm.ts';
import type { RpcDoors } from './rpc-doors.ts';
import type { RpcRequest } from './rpc-request.ts';
import type { RpcScreen } from './rpc-screen.ts';

/** Carries out a request: `chooseTransport` decides what it is carried out on. */
export async function runRpc(
  request: RpcRequest,
  host: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>,
  { screen, results }: { readonly screen: RpcScreen; readonly results: Output },
  signal: AbortSignal,
): Promise<void> {
  const where = { socket: undefined, qrexec: false, ...request };
  const transport = chooseTransport(where, host.env);
  const client = new AdminClient(new AdminCalls(transport, signal));
  const doors: RpcDoors = {
    client,
    undo: new AdminClient(new AdminCalls(transport)),
    screen,
    results,
    stdin: host.stdin,
    isTerminal: host.stdout.isTTY,
    confirm: (question) => confirm(question, host, signal),
  };
  switch (request.command) {
    case 'init':
      return initSystem(request, systemFolder(request.root, host.env), client, screen);
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
    case 'call':
      return callRaw(request, doors);
    case 'events':
      return showEvents(request, doors);
    case 'host':
      return showOrStopHost(request, systemFolder(request.root, host.env), client, screen);
  }
}
