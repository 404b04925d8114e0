import { realpathSync } from 'node:fs';
import { constants } from 'node:os';

import { ByteReader } from '../base/byte-reader.ts';
import type { ByteSink } from '../base/byte-sink.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { CancelledError, QubesRpcError, reasonOf, systemErrorCode } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import type { Service } from './service.ts';
import { stdoutSink } from './stdout-sink.ts';

/** How long a handler may take to clean up after its signal was aborted. */
const WIND_DOWN_MS = 1000;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Makes a file that declares a service also the executable of that service: runs it if this is
 * the file that Node was started with, and does nothing if it was merely imported.
 * @param file `import.meta.filename` of that file
 */
export function runIfMain<Argument>(file: string, service: Service<Argument>): void {
  if (isMain(file)) void runOnStdio(service);
}

function isMain(path: string): boolean {
  const [, started] = process.argv;
  try {
    // Node was started with the name of a link, as installed services are.
    return started !== undefined && realpathSync(started) === path;
  } catch {
    return false;
  }
}

/**
 * Serves the one call this process was started for by qrexec: the argument from the environment,
 * else from `argv`; request on descriptor 0, response on 1, messages on 2. Ends the process.
 *
 * Exit status: the handler's; 1 when it fails; 128 + n when ended by signal n.
 */
async function runOnStdio<Argument>(service: Service<Argument>): Promise<void> {
  const ended = new AbortController();
  let endStatus: number | undefined;
  for (const signal of SIGNALS) {
    // Not `once`: signal-exit, which execa brings, ends the process when nobody else listens.
    process.on(signal, () => {
      const status = 128 + constants.signals[signal];
      endStatus ??= status;
      ended.abort(new CancelledError(`Ended by ${signal}`));
      setTimeout(() => process.exit(status), WIND_DOWN_MS);
    });
  }
  const status = await handleCall(service, ended.signal);
  // What was written has been handed to the system by now: a sink's write resolves no earlier.
  process.exit(endStatus ?? status);
}

async function handleCall<Argument>(
  service: Service<Argument>,
  signal: AbortSignal,
): Promise<number> {
  const log = createLog();
  const untrustedArgument = process.env['QREXEC_SERVICE_ARGUMENT'] ?? process.argv[2] ?? '';
  let request: ByteReader | undefined;
  let response: ByteSink | undefined;
  try {
    return await service.handle({
      argument: service.argument(untrustedArgument),
      // Made when they are used: streams take a tenth of the start, and some services have none.
      get request() {
        return (request ??= new ByteReader(process.stdin));
      },
      get response() {
        return (response ??= stdoutSink());
      },
      log,
      signal,
    });
  } catch (error) {
    if (error instanceof QubesRpcError || systemErrorCode(error) !== undefined) {
      log.error(reasonOf(anyDiskError(error)));
    } else log.error({ err: error }, 'Internal error');
    return 1;
  }
}
