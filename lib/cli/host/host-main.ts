import { join, resolve } from 'node:path';

import { diskError } from '../../base/disk-error.ts';
import { errorEvent } from '../../base/error-event.ts';
import { QubesRpcError } from '../../base/errors.ts';
import { exitCodeOf } from '../../base/exit-code.ts';
import { skipsAutostart } from '../../base/kernel-switches.ts';
import { createLog } from '../../base/log.ts';
import { writeFully } from '../../base/write-sync.ts';
import type { AdminService } from '../../rpc/admin-service.ts';
import { notice } from '../notice.ts';
import type { RunEnd } from '../program-process.ts';
import { systemFolder } from '../system-folder.ts';
import { parseHostCommandLine } from './host-command.ts';
import { runHost } from './run-host.ts';

const STDOUT = 1;

/**
 * The program qubes-rpcd, from its arguments to its exit status.
 * @param args without the program's own name
 * @param services all that it serves
 */
export async function hostMain(
  args: readonly string[],
  host: NodeJS.Process,
  services: readonly AdminService[],
): Promise<RunEnd> {
  const log = createLog();
  try {
    const parsed = parseHostCommandLine(args);
    if (parsed.kind === 'text') {
      show(parsed.text);
      return { status: 0 };
    }
    const { root: named, listen, idleExit, logLevel } = parsed.request;
    log.level = logLevel;
    const root = systemFolder(named, host.env);
    const folder = listen === undefined ? join(root, 'run') : resolve(listen);
    const task = { root, listen: folder, idleExit, services, log };
    await runHost({ ...task, skipsAutostart: await skipsAutostart() }, host);
    return { status: 0 };
  } catch (error) {
    if (!(error instanceof QubesRpcError)) throw error;
    log.error(notice(errorEvent(error)));
    return { status: exitCodeOf(error) };
  }
}

/** @throws NeedsError when it cannot be written */
function show(text: string): void {
  try {
    writeFully(STDOUT, Buffer.from(text));
  } catch (error) {
    throw diskError(error, 'write to', 'standard output');
  }
}
