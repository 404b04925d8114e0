import { Option } from 'commander';

import { repeatable } from './command-line.ts';

/** Every option of qubes-restore by its field in the request. */
export const OPTIONS = {
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
  excludeQube: () =>
    stored(
      repeatable(new Option('-x, --exclude <QUBE>', 'leave this out (repeatable)')),
      'exclude',
    ),
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

export type OptionName = keyof typeof OPTIONS;

/** Makes an option another name of a field that has one already. */
function stored(option: Option, field: string): Option {
  return Object.assign(option, { attributeName: () => field });
}
