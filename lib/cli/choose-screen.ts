import { fstatSync } from 'node:fs';
import { JsonScreen } from './json-screen.ts';
import type { Output } from './output.ts';
import { ProgressBar } from './progress-bar.ts';
import type { RestoreRequest } from './restore-request.ts';
import type { Screen } from './screen.ts';
import { TextScreen } from './text-screen.ts';

/** The standard streams: as Node has them, and as what we write through. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly stderr: NodeJS.WriteStream;
  readonly results: Output;
  readonly messages: Output;
}

/** The screen that suits the request, the streams, and what the environment says of colours. */
export function chooseScreen(
  request: RestoreRequest,
  { stdout, stderr, results, messages }: Streams,
  env: NodeJS.ProcessEnv,
): Screen {
  const { command, json, quiet, verbose } = request;
  // The bytes of `cat` have standard output for themselves.
  if (json) return new JsonScreen(command === 'cat' ? messages : results, messages);
  const dumb = (env['TERM'] ?? 'dumb') === 'dumb';
  const colour = stdout.isTTY && !dumb && (env['NO_COLOR'] ?? '') === '';
  const tables = stdout.isTTY || (request.command === 'run' && request.tables);
  const bar = stderr.isTTY && !dumb && !(command === 'cat' && isRead(stdout));
  return new TextScreen(
    results,
    messages,
    { quiet, verbose, colour, tables, planIsResult: command === 'plan' },
    bar ? new ProgressBar(stderr) : undefined,
  );
}

/** True when a program reads the stream: `cat … | less` draws on the same terminal. */
function isRead(stdout: Streams['stdout']): boolean {
  return !fstatSync(stdout.fd).isFile();
}
