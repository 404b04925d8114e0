import { Command, CommanderError, Option } from 'commander';
import * as z from 'zod/mini';

import { accept } from '../../base/accept.ts';
import { UsageError } from '../../base/errors.ts';
import { parseCalled } from '../../qrexec/names.ts';

export const USAGE = `usage: qrexec-client-vm [options] target_vmname program_ident [local_program [local program arguments]]
Options:
  -h, --help - print this message
  --buffer-size=BUFFER_SIZE - accepted; buffers have the size they need
  -t, --filter-escape-chars-stdout - filter non-ASCII and control characters on stdout (default if stdout is a terminal)
  -T, --filter-escape-chars-stderr - filter non-ASCII and control characters on stderr (default if stderr is a terminal)
  --no-filter-escape-chars-stdout - opposite to --filter-escape-chars-stdout
  --no-filter-escape-chars-stderr - opposite to --filter-escape-chars-stderr
  -p PREFIX-DATA, --prefix-data=PREFIX-DATA - send the given data before the provided stdin (can only be used once)
  --use-stdin-socket - use fd 0 (which must be socket) for both stdin and stdout
`;

/** What qrexec carries of the name of a target. */
const MAX_TARGET = 63;

/** What this program is asked to do. */
export interface ClientRequest {
  readonly target: string;
  readonly service: string;
  readonly argument: string;
  /** Undefined for what suits where they go to. */
  readonly filterStdout: boolean | undefined;
  readonly filterStderr: boolean | undefined;
  readonly prefix: string;
  readonly useStdinSocket: boolean;
  /** Program that gets the streams of the call, with its arguments; empty for ours. */
  readonly local: readonly string[];
}

const Options = z.object({
  bufferSize: z.optional(z.string().check(z.regex(/^[0-9][0-9a-fA-FxX]{0,9}$/, 'Bad buffer size'))),
  filterStdout: z.optional(z.boolean()),
  filterStderr: z.optional(z.boolean()),
  prefixData: z._default(z.string(), ''),
  useStdinSocket: z._default(z.boolean(), false),
});

/**
 * Reads its arguments, as Qubes' own program does.
 * @throws UsageError when they cannot be meant
 */
export function parseClientLine(args: readonly string[]): ClientRequest | 'help' {
  const program = describe();
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 'help';
    throw new UsageError(USAGE.trimEnd());
  }
  const [target = '', called = '', ...local] = program.args;
  const options = accept(Options, untrustedOptions(program));
  if (options.useStdinSocket && local.length > 0) {
    throw new UsageError('cannot spawn a local process with --use-stdin-socket');
  }
  return {
    target: carried(target.replaceAll('$', '@'), '@:').slice(0, MAX_TARGET),
    ...parseCalled(carried(called, '+')),
    filterStdout: options.filterStdout,
    filterStderr: options.filterStderr,
    prefix: options.prefixData,
    useStdinSocket: options.useStdinSocket,
    local,
  };
}

function describe(): Command {
  return new Command('qrexec-client-vm')
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .argument('<target>')
    .argument('<service>')
    .argument('[local...]')
    .passThroughOptions()
    .addOption(new Option('--buffer-size <SIZE>'))
    .addOption(new Option('-t, --filter-escape-chars-stdout'))
    .addOption(new Option('--no-filter-escape-chars-stdout'))
    .addOption(new Option('-T, --filter-escape-chars-stderr'))
    .addOption(new Option('--no-filter-escape-chars-stderr'))
    .addOption(new Option('-p, --prefix-data <DATA>'))
    .addOption(new Option('--use-stdin-socket'));
}

function untrustedOptions(program: Command): Record<string, unknown> {
  const { filterEscapeCharsStdout, filterEscapeCharsStderr, ...others } =
    program.opts<Record<string, unknown>>();
  return {
    ...others,
    filterStdout: filterEscapeCharsStdout,
    filterStderr: filterEscapeCharsStderr,
  };
}

/** As qrexec carries a name: what it does not, arrives as `_`. Bytes are counted, not characters. */
function carried(untrusted: string, also: string): string {
  return Buffer.from(untrusted)
    .toString('latin1')
    .replace(/[^a-zA-Z0-9_.-]/g, (character) => (also.includes(character) ? character : '_'));
}
