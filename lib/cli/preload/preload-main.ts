import { AdminCalls } from '../../admin/calls.ts';
import { AdminClient } from '../../admin/client.ts';
import { asOurs } from '../../base/as-ours.ts';
import { errorEvent } from '../../base/error-event.ts';
import { QubesRpcError } from '../../base/errors.ts';
import { exitCodeOf } from '../../base/exit-code.ts';
import { skipsAutostart } from '../../base/kernel-switches.ts';
import { Interruption } from '../interruption.ts';
import { notice } from '../notice.ts';
import { Output } from '../output.ts';
import type { ProgramProcess, RunEnd } from '../program-process.ts';
import { chooseTransport } from '../rpc/choose-transport.ts';
import { findTemplates, type TemplateToFill } from './find-templates.ts';
import { parsePreloadCommandLine } from './preload-command.ts';

/** What the program reaches the outside through. */
interface Screen {
  readonly results: Output;
  readonly messages: Output;
}

/**
 * The program preload-dispvm, from its arguments to its exit status.
 * @param args without the program's own name
 * @param commandLine path of the kernel's command line, if it is another
 */
export async function preloadMain(
  args: readonly string[],
  host: ProgramProcess,
  commandLine?: string,
): Promise<RunEnd> {
  const screen = {
    results: new Output(host.stdout, 'standard output'),
    messages: new Output(host.stderr, 'standard error'),
  };
  const interruption = new Interruption(host, () =>
    host.exit(exitCodeOf(interruption.signal.reason)),
  );
  try {
    const parsed = parsePreloadCommandLine(args);
    if (parsed.kind === 'text') {
      await screen.results.write(parsed.text);
      return { status: 0 };
    }
    if (await skipsAutostart(commandLine)) {
      await screen.results.write('Nothing is started ahead: the kernel was told so.\n');
      return { status: 0 };
    }
    const transport = chooseTransport({ ...parsed.request, qrexec: false }, host.env);
    const client = new AdminClient(new AdminCalls(transport, interruption.signal));
    return await fillAll(client, screen);
  } catch (thrown) {
    return await tell(thrown, screen);
  } finally {
    interruption.dispose();
  }
}

/** @returns how it ended, by the first template that could not be told, if there is one */
async function fillAll(client: AdminClient, screen: Screen): Promise<RunEnd> {
  const templates = await findTemplates(client);
  const ends = await Promise.all(templates.map((one) => fill(client, one, screen)));
  return ends.find(({ status }) => status !== 0) ?? { status: 0 };
}

async function fill(
  client: AdminClient,
  { name, max, isGlobal }: TemplateToFill,
  screen: Screen,
): Promise<RunEnd> {
  try {
    await screen.results.write(`${name}: ${max}${isGlobal ? ', as dom0 says' : ''}\n`);
    const details = { destination: name, argument: 'preload' };
    await client.calls.text('admin.vm.CreateDisposable', details);
    return { status: 0 };
  } catch (error) {
    return await tell(error, screen, name);
  }
}

async function tell(thrown: unknown, { messages }: Screen, qube?: string): Promise<RunEnd> {
  const error = asOurs(thrown);
  const status = exitCodeOf(error);
  if (!(error instanceof QubesRpcError)) return { status, fault: error };
  if (qube !== undefined) error.locate({ qube });
  await messages.write(`${notice(errorEvent(error))}\n`).catch(() => undefined);
  return { status };
}
