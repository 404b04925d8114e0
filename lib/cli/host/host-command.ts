import { Command, Option } from 'commander';
import * as z from 'zod';

import { HOST_STATUSES } from '../../base/exit-code.ts';
import { VERSION } from '../../base/version.ts';
import { parseCommandLine } from '../command-line.ts';
import type { ParsedCommandLine } from '../command-line.ts';
import { programHelp } from '../program-help.ts';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** A day: who wants the host to stay names no time. */
const MAX_IDLE_SECONDS = 86_400;

const Folder = z.string().min(1, 'it is no folder');

const HostRequest = z.strictObject({
  root: Folder.optional(),
  listen: Folder.optional(),
  idleExit: z
    .string()
    .regex(/^[0-9]+(?:\.[0-9]+)?$/, 'it is no number of seconds')
    .transform(Number)
    .refine((seconds) => seconds > 0, 'it must be more than 0')
    .refine((seconds) => seconds <= MAX_IDLE_SECONDS, `it is more than ${MAX_IDLE_SECONDS}`)
    .optional(),
  logLevel: z.enum(LOG_LEVELS, `it is none of ${LOG_LEVELS.join(', ')}`),
});

/** What the host is asked to do. */
type HostRequest = z.output<typeof HostRequest>;

const OPTIONS = {
  root: '--root',
  listen: '--listen',
  idleExit: '--idle-exit',
  logLevel: '--log-level',
} as const satisfies Record<keyof HostRequest, string>;

/**
 * Reads the command line of qubes-rpcd.
 * @param args without the program's own name
 * @throws UsageError when it cannot be meant
 */
export function parseHostCommandLine(args: readonly string[]): ParsedCommandLine<HostRequest> {
  return parseCommandLine(hostProgram, HostRequest, nameOf, args);
}

/** The program as commander knows it; exported for the test that compares it with the man page. */
export function hostProgram(onParsed: (untrusted: Record<string, unknown>) => void): Command {
  const program = new Command('qubes-rpcd')
    .description('Serves the Admin API of an embedded system on Unix sockets.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .allowExcessArguments(false)
    .addOption(new Option(`${OPTIONS.root} <DIR>`, 'folder of the system'))
    .addOption(new Option(`${OPTIONS.listen} <DIR>`, 'folder of the sockets (run in the system)'))
    .addOption(new Option(`${OPTIONS.idleExit} <SECONDS>`, 'end when nobody called for so long'))
    .addOption(
      new Option(`${OPTIONS.logLevel} <LEVEL>`, `${LOG_LEVELS.join(', ')} (info)`).default('info'),
    )
    .configureHelp({
      formatHelp: programHelp({
        usage: '[options]',
        remarks: [
          'The system is in DIR, else QUBES_RPC_ROOT, else qubes-rpc among your data.',
          'Sockets that systemd hands over are served in place of those in a folder.',
          'SIGTERM and SIGINT end it when running calls are done, a second one at once.',
        ],
        statuses: HOST_STATUSES,
      }),
    });
  return program.action(() => onParsed(program.opts()));
}

function nameOf(field: string): string {
  return OPTIONS[field as keyof typeof OPTIONS];
}
