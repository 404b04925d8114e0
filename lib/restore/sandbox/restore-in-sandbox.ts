import type { AdminClient } from '../../admin/client.ts';
import type { QrexecCaller } from '../../qrexec/caller.ts';
import { SANDBOX_TAG, DISPOSABLE } from './names.ts';
import { createDisposable, managementTemplate, removeDisposable } from './disposable.ts';
import { Inside } from './inside.ts';
import { RESTORE, TERMINAL, restoreByPipe, restoreInTerminal } from './restore-inside.ts';
import type { LogTakers, RestoreCommand } from './restore-inside.ts';
import { whileLocked } from './sandbox-lock.ts';
import { type Storage, whileReadable } from './storage-access.ts';
import { clearOldRestore, settleRestored, type Tell } from './sweep.ts';
import { thenCleanUp } from './then-clean-up.ts';

/** A restore in which nothing of the archive is read outside of a disposable. */
export interface SandboxedRestore {
  /** Of dom0, whom policy does not restrict; its calls end with `signal`. */
  readonly client: AdminClient;
  /** The same, but its calls work after a cancel. */
  readonly undo: AdminClient;
  readonly caller: QrexecCaller;
  readonly signal: AbortSignal;
  /** File whose lock lets no second one begin. */
  readonly lock: string;
  readonly storage: Storage;
  /**
   * Arguments of our program in the disposable.
   * @param service what it reads the archive by: `qubes.RestoreById+ID`
   * @param options what else it is told
   */
  readonly command: (service: string, options: readonly string[]) => readonly string[];
  /** Undefined: it is typed into a terminal of the disposable. */
  readonly passphrase: string | undefined;
  /** Whether that terminal closes when the restore has ended, not when the person closes it. */
  readonly autoClose: boolean;
  readonly log: LogTakers;
  /** Gets what is done outside, a line each. */
  readonly tell: Tell;
}

/**
 * Restores a backup in a disposable that has only the rights policy gives to its tag, as long as it
 * has that tag. Whatever happens, these rights end before the disposable does, and no tag of it is
 * left; after a crash the next one sees to that.
 * @returns exit status of our program in there
 * @throws NeedsError, UsageError, CancelledError, and AdminError of the daemon
 */
export function restoreInSandbox(work: SandboxedRestore): Promise<number> {
  return whileLocked(work.lock, async () => {
    await clearOldRestore(work.client, work.tell);
    let status: number | undefined;
    return await thenCleanUp(
      async () => (status = await inDisposable(work)),
      () => settleRestored(work.undo, status === 0 ? 'complete' : 'remove', work.tell),
    );
  });
}

async function inDisposable(work: SandboxedRestore): Promise<number> {
  const { client, undo, storage, tell } = work;
  const template = await managementTemplate(client);
  tell(`Restoring in the disposable ${DISPOSABLE}`);
  return await thenCleanUp(
    async () => {
      await createDisposable(client, template);
      return await whileReadable(storage, work, (id) => restore(work, template, id));
    },
    () => removeDisposable(undo),
  );
}

async function restore(work: SandboxedRestore, template: string, id: string): Promise<number> {
  const { client, caller, signal, passphrase, log, autoClose } = work;
  const disposable = client.qube(DISPOSABLE);
  await disposable.start();
  const inside = new Inside(caller, signal);
  const system = (await client.qube(template).properties.get('template')).value;
  await inside.require(RESTORE, system);
  if (passphrase === undefined) {
    await inside.waitForSession();
    await inside.require(TERMINAL, system);
  }
  const command: RestoreCommand = (options) => work.command(`qubes.RestoreById+${id}`, options);
  await disposable.tags.add(SANDBOX_TAG);
  return passphrase === undefined
    ? await restoreInTerminal(inside, command, { autoClose, log })
    : await restoreByPipe(inside, command, { passphrase, log });
}
