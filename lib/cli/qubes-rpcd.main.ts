import './thread-pool.ts';
import { join } from 'node:path';

import { ADMIN_SERVICES } from '../../services/index.ts';
import { QubesRpcError } from '../base/errors.ts';
import { exitCodeOf } from '../base/exit-code.ts';
import { createLog } from '../base/log.ts';
import { parseHostCommandLine } from './host/host-command.ts';
import { runHost } from './host/run-host.ts';
import { systemFolder } from './system-folder.ts';

const FAULT = 'A fault in qubes-rpcd itself. Please report it with the lines below.';

const log = createLog();

function endBy(error: unknown): never {
  if (error instanceof QubesRpcError) {
    log.error([error.message, error.facts.hint].filter(Boolean).join('. '));
  } else log.error({ err: error }, FAULT);
  process.exit(exitCodeOf(error));
}

async function main(): Promise<void> {
  const parsed = parseHostCommandLine(process.argv.slice(2));
  if (parsed.kind === 'text') {
    process.stdout.write(parsed.text);
    return;
  }
  const { root: named, listen, idleExit, logLevel } = parsed.request;
  log.level = logLevel;
  const root = systemFolder(named, process.env);
  await runHost(
    { root, listen: listen ?? join(root, 'run'), idleExit, services: ADMIN_SERVICES, log },
    process,
  );
  process.exit(0);
}

process.on('uncaughtException', endBy);
process.on('unhandledRejection', endBy);
main().catch(endBy);
