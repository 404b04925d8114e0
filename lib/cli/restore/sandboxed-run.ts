import { join } from 'node:path';

import { asOurs } from '../../base/as-ours.ts';
import { UsageError } from '../../base/errors.ts';
import { restoreInSandbox } from '../../restore/sandbox/restore-in-sandbox.ts';
import type { QrexecCaller } from '../../qrexec/caller.ts';
import type { Output } from '../output.ts';
import type { RunRequest } from './plan-request.ts';
import { sandboxArguments } from './sandbox-arguments.ts';
import type { TargetSystem } from './target-system.ts';

/** The name that the stock tool locks, too. */
const LOCK = 'backup-paranoid-restore.lock';

export interface SandboxDoors {
  readonly target: TargetSystem;
  readonly caller: QrexecCaller;
  readonly signal: AbortSignal;
  readonly results: Output;
  /** Whether these end on a terminal. */
  readonly isTerminal: boolean;
  readonly messages: Output;
  /** The passphrases of the file that the request names. */
  readonly passphrases: () => Promise<readonly string[]>;
}

/**
 * `run --paranoid-mode`: nothing of the archive is read here. What the program in the disposable says
 * comes out as if it was ours, reduced to printable text.
 * @returns its exit status
 * @throws QubesRpcError
 */
export async function runInSandbox(request: RunRequest, doors: SandboxDoors): Promise<number> {
  const { archive: location, from: qube, passphraseFile, autoClose, quiet, json } = request;
  const { target, caller, signal, results, messages, isTerminal, passphrases } = doors;
  if (qube === undefined) throw new UsageError('--paranoid-mode needs --from QUBE');
  const [passphrase] = passphraseFile === undefined ? [undefined] : await passphrases();
  try {
    return await restoreInSandbox({
      client: target.client,
      undo: target.undo,
      caller,
      signal,
      lock: join(target.run, LOCK),
      storage: { qube, location },
      command: (service, options) =>
        sandboxArguments(request, service, [...options, ...(isTerminal ? ['--tables'] : [])]),
      passphrase,
      autoClose,
      log: {
        stdout: (text) => results.write(text),
        stderr: (text) => messages.write(text),
      },
      tell: (line) => {
        if (!quiet && !json) void messages.write(`${line}\n`);
      },
    });
  } catch (error) {
    throw asOurs(error);
  }
}
