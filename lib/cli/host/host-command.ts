import { Command, CommanderError, Option } from 'commander';
import * as z from 'zod';

import { accept } from '../../base/accept.ts';
import { UsageError } from '../../base/errors.ts';
import { HOST_STATUSES } from '../../base/exit-code.ts';
import { printable } from '../../base/printable.ts';
import { VERSION } from '../../base/version.ts';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** A day: nobody who wants the host to stay names a time. */
const MAX_IDLE_SECONDS = 86_400;

const HostRequest = z.strictObject({
  root: z.string().min(1, 'The folder of the system has no name').optional(),
  listen: z.string().min(1, 'The folder of the sockets has no name').optional(),
  idleExit: z
    .string()
    .regex(/^[0-9]+(\.[0-9]+)?$/, 'The seconds of --idle-exit are no number')
    .transform(Number)
    .pipe(
      z
        .number()
        .positive('The seconds of --idle-exit must be more than 0')
        .max(MAX_IDLE_SECONDS, `The seconds of --idle-exit are at most ${MAX_IDLE_SECONDS}`),
    )
    .optional(),
  logLevel: z.enum(LOG_LEVELS),
});

/** What the host is asked to do. */
export type HostRequest = z.output<typeof HostRequest>;

/** What a command line means: work to do, or a text (help, version) to show. */
export type ParsedHostCommandLine =
  | { readonly kind: 'request'; readonly request: HostRequest }
  | { readonly kind: 'text'; readonly text: string };

/**
 * Reads the command line of qubes-rpcd.
 * @param args without the program's own name
 * @throws UsageError when it cannot be meant
 */
export function parseHostCommandLine(args: readonly string[]): ParsedHostCommandLine {
  let text = '';
  const program = hostProgram()
    .exitOverride()
    .configureOutput({
      writeOut: (shown) => (text += shown),
      writeErr: () => undefined,
    });
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    const message = printable(error.message.replace(/^error: /, ''));
    throw new UsageError(message, { hint: 'See qubes-rpcd --help.' });
  }
  return { kind: 'request', request: accept(HostRequest, program.opts()) };
}

function hostProgram(): Command {
  return new Command('qubes-rpcd')
    .description('Serves the Admin API of an embedded system on Unix sockets.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .allowExcessArguments(false)
    .addOption(
      new Option('--root <DIR>', 'folder of the system (QUBES_RPC_ROOT, or that of the user)'),
    )
    .addOption(new Option('--listen <DIR>', 'folder of the sockets (run/ of the system)'))
    .addOption(new Option('--idle-exit <SECONDS>', 'end when nobody has called for so long'))
    .addOption(
      new Option('--log-level <LEVEL>', 'least that is logged').choices(LOG_LEVELS).default('info'),
    )
    .addHelpText(
      'after',
      [
        '',
        'Sockets: qubesd.sock, qubesd.internal.sock, qubesd.misc.sock; or those systemd hands over.',
        'SIGTERM and SIGINT end it when running calls have finished; a second one at once.',
        '',
        `Exit status: ${exitStatuses()}.`,
      ].join('\n'),
    );
}

function exitStatuses(): string {
  return HOST_STATUSES.map(({ status, short }) => `${status} ${short}`).join(', ');
}
