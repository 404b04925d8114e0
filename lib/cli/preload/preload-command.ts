import { Command } from 'commander';
import * as z from 'zod';

import { PRELOAD_STATUSES } from '../../base/exit-code.ts';
import { VERSION } from '../../base/version.ts';
import { type ParsedCommandLine, parseCommandLine } from '../command-line.ts';
import { programHelp } from '../program-help.ts';
import { OPTIONS } from '../rpc/rpc-options.ts';

const PreloadRequest = z.strictObject({
  root: z.string().min(1, 'it is no folder').optional(),
  socket: z.string().min(1, 'it is no path').optional(),
});

/** Where the daemon is that has the templates. */
type PreloadRequest = z.output<typeof PreloadRequest>;

/**
 * Reads the command line of preload-dispvm.
 * @param args without the program's own name
 * @throws UsageError when it cannot be meant
 */
export function parsePreloadCommandLine(
  args: readonly string[],
): ParsedCommandLine<PreloadRequest> {
  return parseCommandLine(preloadProgram, PreloadRequest, (field) => `--${field}`, args);
}

/** The program as commander knows it; exported for the test that compares it with the man page. */
export function preloadProgram(onParsed: (untrusted: Record<string, unknown>) => void): Command {
  const program = new Command('preload-dispvm')
    .description('Has templates start disposables ahead, so that they are there when asked for.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .allowExcessArguments(false)
    .addOption(OPTIONS.root())
    .addOption(OPTIONS.socket().conflicts('root'))
    .configureHelp({
      formatHelp: programHelp({
        usage: '[options]',
        remarks: [
          'How many is said by the feature preload-dispvm-max of each template; of dom0,',
          'for the default one. With qubes.skip_autostart on the command line of the kernel',
          'nothing is done.',
        ],
        statuses: PRELOAD_STATUSES,
      }),
    });
  return program.action(() => onParsed(program.opts()));
}
