import { errorEvent } from '../../base/error-event.ts';
import { QubesRpcError } from '../../base/errors.ts';
import { exitCodeOf } from '../../base/exit-code.ts';
import { Interruption } from '../interruption.ts';
import { Output } from '../output.ts';
import type { ProgramProcess, RunEnd } from '../program-process.ts';
import { ProgressBar } from '../progress-bar.ts';
import { StatusLine } from '../status-line.ts';
import { asOurs } from '../../base/as-ours.ts';
import { parseRpcCommandLine } from './rpc-command.ts';
import { runRpc } from './rpc-run.ts';
import { JsonRpcScreen, type MovingLines, type RpcScreen, TextRpcScreen } from './rpc-screen.ts';

/**
 * The program qubes-rpc, from its arguments to its exit status.
 * @param args without the program's own name
 */
export async function rpcMain(args: readonly string[], host: ProgramProcess): Promise<RunEnd> {
  const results = new Output(host.stdout, 'standard output');
  const messages = new Output(host.stderr, 'standard error');
  // A program that asked for JSON can read nothing else, even where its options were wrong.
  const isJson = args.includes('--json');
  const screen: RpcScreen = isJson
    ? new JsonRpcScreen(results)
    : new TextRpcScreen(results, messages, host.stdout.isTTY, movingLines(host));
  const tellError = async (error: unknown): Promise<void> => {
    if (!(error instanceof QubesRpcError)) return;
    const open = results.broken ? new TextRpcScreen(results, messages, false) : screen;
    await open.error(errorEvent(error)).catch(() => undefined);
  };
  try {
    const parsed = parseRpcCommandLine(args);
    if (parsed.kind === 'text') {
      await results.write(parsed.text);
      return { status: 0 };
    }
    const interruption = new Interruption(host, () => {
      void tellError(interruption.signal.reason);
      host.exit(exitCodeOf(interruption.signal.reason));
    });
    results.onBroken = (error) => interruption.end(error);
    try {
      const streams = { screen, results, messages };
      const status = await runRpc(parsed.request, host, streams, interruption.signal);
      await results.flush();
      return { status };
    } finally {
      screen.clear();
      interruption.dispose();
    }
  } catch (thrown) {
    const error = asOurs(thrown);
    await tellError(error);
    const status = exitCodeOf(error);
    return error instanceof QubesRpcError ? { status } : { status, fault: error };
  }
}

function movingLines({ stderr, env }: ProgramProcess): MovingLines | undefined {
  if (!stderr.isTTY || (env['TERM'] ?? 'dumb') === 'dumb') return undefined;
  return { progress: new ProgressBar(stderr), status: new StatusLine(stderr) };
}
