import type { Command } from 'commander';
import { RESTORE_STATUSES } from '../base/exit-code.ts';
import { type ParsedCommandLine, parseCommandLine } from './command-line.ts';
import { newCommand, newProgram } from './new-program.ts';
import type { HelpFacts } from './program-help.ts';
import { type OptionName, OPTIONS } from './restore-options.ts';
import { type RestoreRequest, restoreRequest } from './restore-request.ts';

const WHERE: readonly OptionName[] = ['from', 'root'];
const OPEN: readonly OptionName[] = [
  'passphraseFile',
  'compressionFilter',
  'maxKdfMemory',
  'maxKdfCost',
];
const WORK: readonly OptionName[] = ['jobs', 'memory', 'scratch'];
const CHOOSE: readonly OptionName[] = ['exclude', 'digest', 'failFast'];
const INTO: readonly OptionName[] = [
  'from',
  'destVm',
  'locationIsService',
  'root',
  'socket',
  'qrexec',
];
const DECIDE: readonly OptionName[] = [
  'excludeQube',
  'skipConflicting',
  'renameConflicting',
  'skipBroken',
  'ignoreMissing',
  'netvm',
  'pool',
  'skipDom0Home',
  'skipDevices',
  'ignoreUsernameMismatch',
  'ignoreSizeLimit',
];
const LOOK: readonly OptionName[] = ['stallTimeout', 'json', 'quiet', 'verbose'];

/** What the help of plan and run, which have many options, only names. */
const SELDOM: readonly OptionName[] = [
  'destVm',
  'locationIsService',
  'socket',
  'skipBroken',
  'netvm',
  'skipDom0Home',
  'ignoreUsernameMismatch',
  'ignoreSizeLimit',
  'autoClose',
  'compressionFilter',
  'maxKdfMemory',
  'maxKdfCost',
  ...WORK,
  ...LOOK,
];

/** What each command takes: arguments as commander writes them, then its options in help order. */
const COMMANDS: Readonly<
  Record<
    RestoreRequest['command'],
    {
      readonly about: string;
      readonly arguments: string;
      readonly options: readonly OptionName[];
      readonly seldom?: readonly OptionName[];
      /** For those who give all commands the same options. */
      readonly ignored?: readonly OptionName[];
    }
  >
> = {
  list: {
    about: 'Show the qubes in a backup: class, label, template, size, parts.',
    arguments: '<ARCHIVE>',
    options: [...WHERE, ...OPEN, ...WORK, ...LOOK],
  },
  verify: {
    about: 'Prove that a backup is complete and undamaged. Writes nothing.',
    arguments: '<ARCHIVE> [QUBE[:PART]...]',
    options: [...WHERE, ...OPEN, ...CHOOSE, ...WORK, ...LOOK],
  },
  extract: {
    about: 'Write the images and files of a backup to DIR; run again to go on.',
    arguments: '<ARCHIVE> [QUBE[:PART]...]',
    options: ['into', ...WHERE, ...OPEN, ...CHOOSE, ...WORK, ...LOOK],
  },
  cat: {
    about: 'Write one part (root, private, firewall.xml...) to standard output.',
    arguments: '<ARCHIVE> <QUBE:PART>',
    options: [...WHERE, ...OPEN, ...WORK, ...LOOK],
  },
  info: {
    about: 'Show the header of a backup, without passphrase and so not verified.',
    arguments: '<ARCHIVE>',
    options: [...WHERE, 'compressionFilter', ...LOOK],
    ignored: ['passphraseFile', 'maxKdfMemory', 'maxKdfCost'],
  },
  plan: {
    about: 'Show what run would do, and what stands against it. Changes nothing.',
    arguments: '<ARCHIVE> [QUBE...]',
    options: [...INTO, ...DECIDE, 'output', ...OPEN, ...WORK, ...LOOK],
    seldom: SELDOM,
  },
  run: {
    about: 'Restore qubes into a system.',
    arguments: '<ARCHIVE> [QUBE...]',
    options: [
      ...INTO,
      ...DECIDE,
      ...(['plan', 'yes', 'keep', 'verifyOnly', 'paranoidMode', 'autoClose'] as const),
      ...OPEN,
      ...WORK,
      ...LOOK,
    ],
    seldom: [...SELDOM, 'root', 'skipDevices', 'verifyOnly'],
    // What --paranoid-mode gives itself in the disposable.
    ignored: ['sandboxed', 'tables', 'logFile'],
  },
};

const HELP: HelpFacts = {
  usage: 'COMMAND [options] ARCHIVE ...',
  remarks: ['ARCHIVE is a path, - for standard input, or with --from QUBE a location in it.'],
  statuses: RESTORE_STATUSES,
};

/**
 * Reads the command line of qubes-restore.
 * @param args without the program's own name
 * @throws UsageError when it cannot be meant
 */
export function parseRestoreCommandLine(
  args: readonly string[],
): ParsedCommandLine<RestoreRequest> {
  return parseCommandLine(restoreProgram, restoreRequest, nameOf, args);
}

/** The program as commander knows it; exported for the test that compares it with the man page. */
export function restoreProgram(onParsed: (raw: Record<string, unknown>) => void): Command {
  const program = newProgram(
    'qubes-restore',
    'Lists, verifies and recovers backups made by Qubes OS, on any Linux.',
    HELP,
  );
  for (const [name, about] of Object.entries(COMMANDS)) {
    const seldom = new Set((about.seldom ?? []).map((option) => OPTIONS[option]().long ?? ''));
    const command = newCommand(program, name, about.about, { ...HELP, seldom });
    for (const argument of about.arguments.split(' ')) {
      command.argument(argument.endsWith('...]') ? '[PARTS...]' : argument);
    }
    command.usage(`[options] ${usageOf(name)}${about.arguments.replaceAll(/[<>]/g, '')}`);
    for (const option of about.options) command.addOption(OPTIONS[option]());
    for (const option of about.ignored ?? []) command.addOption(OPTIONS[option]().hideHelp());
    command.action(() => {
      const [archive, second] = command.processedArgs as unknown[];
      onParsed({
        command: name,
        archive,
        ...(name === 'cat' ? { part: second } : {}),
        ...(name === 'verify' || name === 'extract' ? { parts: second } : {}),
        ...(name === 'plan' || name === 'run' ? { qubes: second } : {}),
        ...command.opts(),
      });
    });
  }
  return program;
}

function usageOf(name: string): string {
  return name === 'extract' ? '--into DIR ' : '';
}

/** The option or argument a person typed for a field of the request. */
function nameOf(field: string): string {
  const option = Object.entries(OPTIONS).find(([name]) => name === field)?.[1]();
  if (option !== undefined) return option.long ?? field;
  const words = { archive: 'ARCHIVE', part: 'QUBE:PART', parts: 'QUBE[:PART]', qubes: 'QUBE' };
  return new Map(Object.entries(words)).get(field) ?? field;
}
