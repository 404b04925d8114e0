import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import { SocketTransport } from '../../admin/socket-transport.ts';
import { connectOrStart, socketOf } from '../../admin/start-host.ts';
import type { QrexecCaller } from '../../qrexec/caller.ts';
import { EmbeddedCaller } from '../../qrexec/embedded-caller.ts';
import type { EmbeddedDoors } from '../../qrexec/embedded-doors.ts';
import { askPerson } from './ask-person.ts';
import { judgeCall } from './judge-call.ts';
import { QubesOfCalls } from './qubes-of-calls.ts';

/**
 * Calls services in an embedded system; its host is started when it is needed.
 * @param root absolute path of its folder; without a store in it there are only homes to call
 * @param source name of the qube that calls: policy decides unless it is dom0
 * @throws UsageError for a qube of a folder without a store
 */
export function embeddedCaller(root: string, source = 'dom0'): QrexecCaller {
  const hasStore = existsSync(join(root, 'qubes.xml'));
  const doors = hasStore ? doorsOf(root) : undefined;
  return new EmbeddedCaller({ root, source, doors, client: clientProgram() });
}

/**
 * Calls services in running qubes of an embedded system, in the process of its host: what is called is
 * taken for running, since the host would wait for itself if it asked.
 * @param root absolute path of its folder
 */
export function callerOfHost(root: string): QrexecCaller {
  const doors = { ...doorsOf(root), run: () => Promise.resolve() };
  return new EmbeddedCaller({ root, doors, client: clientProgram() });
}

function doorsOf(root: string): EmbeddedDoors {
  const transport = new SocketTransport((method) => connectOrStart(root, socketOf(method)));
  const client = new AdminClient(new AdminCalls(transport));
  const qubes = new QubesOfCalls(client);
  return {
    judge: (call) => judgeCall(root, client, call),
    ask: askPerson,
    run: (qube, mayStart) => qubes.run(qube, mayStart),
    makeDisposable: (template) => qubes.makeDisposable(template),
    endDisposable: (name) => qubes.endDisposable(name),
  };
}

/** It is installed beside this program; a checkout has what was built last. */
function clientProgram(): string | undefined {
  const here = import.meta.filename;
  const folder = here.endsWith('.cjs')
    ? dirname(here)
    : join(dirname(here), '..', '..', '..', 'dist', 'lib');
  const program = join(folder, 'qrexec-client-vm.cjs');
  return existsSync(program) ? program : undefined;
}
