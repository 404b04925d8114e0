import type { AdminClient } from '../../admin/client.ts';
import { NeedsError } from '../../base/errors.ts';
import { LOCATION_ID } from '../../location/registry.ts';
import type { QrexecCall, QrexecCaller } from '../../qrexec/caller.ts';
import { failureOf } from './call-end.ts';
import { STORAGE_TAG } from './names.ts';
import { untag } from './tagged-qubes.ts';
import { thenCleanUp } from './then-clean-up.ts';

const SERVICE = 'qubes.RegisterBackupLocation';

/** Where the archive is. */
export interface Storage {
  readonly qube: string;
  /** A path or a command in it, one line. */
  readonly location: string;
}

interface Doors {
  readonly client: AdminClient;
  /** Its calls work after a cancel. */
  readonly undo: AdminClient;
  readonly caller: QrexecCaller;
  readonly signal: AbortSignal;
}

/**
 * Does `work` while the archive can be read by `qubes.RestoreById` with an id; that ends with the
 * call which registered it, at the latest with this process.
 * @throws NeedsError when the qube does not register it
 */
export async function whileReadable<Result>(
  { qube, location }: Storage,
  { client, undo, caller, signal }: Doors,
  work: (id: string) => Promise<Result>,
): Promise<Result> {
  const call = await caller.call({ target: qube, service: SERVICE, argument: '', signal });
  const revoke = async (): Promise<void> => {
    await call.stdin.end().catch(() => undefined);
    call.kill();
    await call.finished;
  };
  return await thenCleanUp(async () => {
    const id = await register(call, qube, location);
    return await thenCleanUp(
      async () => {
        await client.qube(qube).tags.add(STORAGE_TAG);
        return await work(id);
      },
      () => untag(undo, qube, STORAGE_TAG),
    );
  }, revoke);
}

async function register(call: QrexecCall, qube: string, location: string): Promise<string> {
  // A service that ends early reads no more; its exit status tells why.
  await call.stdin.write(Buffer.from(`${location}\n`)).catch(() => undefined);
  const untrustedId = await firstLine(call.stdout);
  if (untrustedId !== undefined && LOCATION_ID.test(untrustedId)) return untrustedId;
  const reason =
    untrustedId === undefined
      ? await failureOf(call, SERVICE)
      : `its ${SERVICE} answered with what is no id`;
  throw new NeedsError(`Cannot register the backup in ${qube}: ${reason}`, { qube });
}

/** @returns undefined when there is none of a sensible length; never reads more */
async function firstLine(stream: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  let text = '';
  for await (const block of stream) {
    text += Buffer.from(block).toString('latin1');
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
    if (text.length > 64) return text;
  }
  return undefined;
}
