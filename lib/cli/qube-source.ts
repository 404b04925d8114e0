import type { BackupSource } from '../archive/outer/source.ts';
import type { OuterEntry } from '../archive/outer/outer-entry.ts';
import { readQfile } from '../archive/outer/qfile-read.ts';
import { NotReadableError, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { meaningOf } from '../qrexec/call-error.ts';
import type { QrexecCall, QrexecCaller } from '../qrexec/caller.ts';

/** How much of what the service said is shown. */
const LAST_LINES = 3;

/** Milliseconds a service may take to end after its stream has ended. */
const PATIENCE = 5000;

/** The service that is called in the qube, and the first line it is sent. */
interface RestoreCall {
  readonly service: string;
  readonly argument: string;
  /** Undefined where the service knows the location itself. */
  readonly location: string | undefined;
}

/**
 * A backup in another qube, read by its `qubes.Restore`: the location goes there, a qfile stream
 * of what the filters match comes back.
 * @param location a path in that qube, or a command in it whose output is the archive
 * @param isService it is the service to call in place of `qubes.Restore`: `qubes.RestoreById+ID`
 */
export function qubeSource(
  caller: QrexecCaller,
  qube: string,
  location: string,
  isService = false,
): BackupSource {
  const wanted = isService ? serviceCall(location) : restoreCall(location);
  const calls = new Set<QrexecCall>();
  return {
    name: `${qube}:${printable(location)}`,
    size: undefined,
    filters: true,
    members: (prefixes, signal) => receive(caller, calls, qube, wanted, prefixes, signal),
    // A call whose service has fallen silent cannot be left by its stream.
    close: async () => calls.forEach((call) => call.kill()),
  };
}

function restoreCall(location: string): RestoreCall {
  return { service: 'qubes.Restore', argument: '', location };
}

function serviceCall(name: string): RestoreCall {
  const [service = '', ...argument] = name.split('+');
  return { service, argument: argument.join('+'), location: undefined };
}

async function* receive(
  caller: QrexecCaller,
  calls: Set<QrexecCall>,
  qube: string,
  { service, argument, location }: RestoreCall,
  prefixes: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<OuterEntry, void, undefined> {
  if (/[\r\n\0]/.test(location ?? '')) throw new UsageError('A location is one line of text');
  const call = await caller.call({ target: qube, service, argument, signal });
  const first = location === undefined ? '' : `${location}\n`;
  const request = new TextEncoder().encode(`${first}${prefixes.join(' ')}\n`);
  calls.add(call);
  const reading = readQfile(call.stdout);
  try {
    // A service that ends early reads no more; its exit status tells why.
    await call.stdin.write(request).catch(() => undefined);
    try {
      yield* reading.entries;
    } catch (error) {
      signal.throwIfAborted();
      await explain(call, qube, service);
      throw error;
    }
    await call.stdin.write(reading.result(0)).catch(() => undefined);
    await call.stdin.end().catch(() => undefined);
    await explain(call, qube, service);
  } finally {
    // Whoever has seen enough leaves the stream in the middle.
    call.kill();
    calls.delete(call);
  }
}

/** @throws NotReadableError when the service ended badly, with what it said last */
async function explain(call: QrexecCall, qube: string, service: string): Promise<void> {
  const status = await ended(call);
  if (status === 0 || status === undefined) return;
  const reason = meaningOf(status, service) ?? `its ${service} ended with exit status ${status}`;
  const said = call
    .untrustedStderr()
    .trim()
    .split('\n')
    .slice(-LAST_LINES)
    .map((line) => printable(line))
    .join('; ');
  throw new NotReadableError(
    `Cannot read the backup from ${qube}: ${reason}${said === '' ? '' : `: ${said}`}`,
    { stage: 'source' },
  );
}

async function ended(call: QrexecCall): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE);
  });
  try {
    return await Promise.race([call.finished, late]);
  } finally {
    clearTimeout(timer);
  }
}
