import { type Command, Option } from 'commander';
import { RESTORE_STATUSES } from '../base/exit-code.ts';
import { type ParsedCommandLine, parseCommandLine, repeatable } from './command-line.ts';
import { newCommand, newProgram } from './new-program.ts';
import type { HelpFacts } from './program-help.ts';
import { type RestoreRequest, restoreRequest } from './restore-request.ts';

const OPTIONS = {
  into: () =>
    new Option('--into <DIR>', 'folder to write to; made if missing').makeOptionMandatory(),
  from: () => new Option('--from <QUBE>', 'ARCHIVE is a path or a command in QUBE'),
  destVm: () => stored(new Option('-d, --dest-vm <QUBE>', 'the same as --from'), 'from'),
  locationIsService: () => new Option('--location-is-service', 'ARCHIVE is a service in QUBE'),
  root: () => new Option('--root <DIR>', 'folder of the embedded system'),
  socket: () => new Option('--socket <PATH>', 'restore by a daemon that runs: qubesd.sock'),
  qrexec: () => new Option('--qrexec', 'restore from inside a qube'),
  passphraseFile: () =>
    new Option('-p, --passphrase-file <FILE>', 'its first line is the passphrase (- is stdin)'),
  exclude: () =>
    repeatable(new Option('-x, --exclude <QUBE[:PART]>', 'leave this out (repeatable)')),
  output: () => new Option('--output <FILE>', 'save the plan there'),
  plan: () => new Option('--plan <FILE>', 'carry out this plan'),
  skipConflicting: () => new Option('--skip-conflicting', 'leave out qubes whose name is taken'),
  renameConflicting: () => new Option('--rename-conflicting', 'or give them another name'),
  skipBroken: () => new Option('--skip-broken', 'leave out qubes that miss template or netvm'),
  ignoreMissing: () => new Option('--ignore-missing', 'or give them the default ones'),
  netvm: () => new Option('--netvm <default|none>', 'in place of a netvm that is missing'),
  pool: () => new Option('--pool <POOL>', 'for all volumes'),
  skipDom0Home: () => new Option('--skip-dom0-home', "leave out dom0's home"),
  skipDevices: () => new Option('--skip-devices', 'assign no devices'),
  ignoreUsernameMismatch: () =>
    new Option('--ignore-username-mismatch', "restore another user's home, too"),
  ignoreSizeLimit: () => new Option('--ignore-size-limit', 'even if a pool seems too small'),
  verifyOnly: () => new Option('--verify-only', 'prove the backup, restore nothing'),
  keep: () => new Option('--keep', 'keep what is half made, to go on later'),
  yes: () => new Option('-y, --yes', 'do not ask'),
  paranoidMode: () => new Option('--plan-b, --paranoid-mode', 'restore in a disposable'),
  autoClose: () => new Option('--auto-close', 'close its window at the end'),
  sandboxed: () => new Option('--sandboxed', 'in the disposable of --paranoid-mode'),
  tables: () => new Option('--tables', 'tables as on a terminal'),
  logFile: () => new Option('--log-file <FILE>', 'gets what is shown, and the exit status'),
  digest: () => new Option('--digest', 'SHA-256 of content above 64 GiB too'),
  failFast: () => new Option('--fail-fast', 'stop at the first damaged part'),
  jobs: () => new Option('--jobs <N>', 'keys and files worked on at a time (cores)'),
  memory: () => new Option('--memory <SIZE>', 'most memory to use, like 2GiB'),
  maxKdfMemory: () => new Option('--max-kdf-memory <SIZE>', 'most memory one key may cost'),
  maxKdfCost: () => new Option('--max-kdf-cost <N>', 'most work (N*r*p) one key may cost'),
  compressionFilter: () =>
    new Option('-Z, --compression-filter <NAME>', "in place of the one in the backup's header"),
  scratch: () => new Option('--scratch <DIR>', 'for encrypted chunks that do not fit in memory'),
  stallTimeout: () =>
    new Option('--stall-timeout <SECONDS>', 'give up on a source that is silent (300)'),
  json: () => new Option('--json', 'one JSON object a line, for programs'),
  quiet: () => new Option('-q, --quiet', 'warnings and errors only'),
  verbose: () => new Option('-v, --verbose', 'digests in full, and more facts'),
} satisfies Record<string, () => Option>;

type OptionName = keyof typeof OPTIONS;

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
  'exclude',
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

/** What each command takes: arguments as commander writes them, then its options in help order. */
const COMMANDS: Readonly<
  Record<
    RestoreRequest['command'],
    {
      readonly about: string;
      readonly arguments: string;
      readonly options: readonly OptionName[];
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
    const command = newCommand(program, name, about.about, HELP);
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

/** Makes an option another name of a field that has one already. */
function stored(option: Option, field: string): Option {
  return Object.assign(option, { attributeName: () => field });
}

/** The option or argument a person typed for a field of the request. */
function nameOf(field: string): string {
  const option = Object.entries(OPTIONS).find(([name]) => name === field)?.[1]();
  if (option !== undefined) return option.long ?? field;
  const words = { archive: 'ARCHIVE', part: 'QUBE:PART', parts: 'QUBE[:PART]', qubes: 'QUBE' };
  return new Map(Object.entries(words)).get(field) ?? field;
}
