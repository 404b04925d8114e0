import type { RunRequest } from './plan-request.ts';

/** What a field of the request becomes in the command line of the program in the disposable. */
type Carried = Readonly<Record<keyof RunRequest, (request: RunRequest) => readonly string[]>>;

/** Every field is decided about here: a new option cannot be forgotten. */
const CARRIED: Carried = {
  command: ({ command }) => [command],
  // Where the archive is, and into what it is restored, is another matter in there.
  archive: none,
  from: ({ from }) => value('--from', from),
  locationIsService: none,
  root: none,
  socket: none,
  qrexec: none,
  plan: none,
  keep: none,
  paranoidMode: none,
  autoClose: none,
  sandboxed: none,
  tables: none,
  logFile: none,
  passphraseFile: none,
  skipDom0Home: none,
  skipDevices: none,
  exclude: ({ exclude }) => exclude.flatMap((one) => value('--exclude', one)),
  skipBroken: ({ skipBroken }) => flag('--skip-broken', skipBroken),
  ignoreMissing: ({ ignoreMissing }) => flag('--ignore-missing', ignoreMissing),
  skipConflicting: ({ skipConflicting }) => flag('--skip-conflicting', skipConflicting),
  renameConflicting: ({ renameConflicting }) => flag('--rename-conflicting', renameConflicting),
  ignoreUsernameMismatch: ({ ignoreUsernameMismatch }) =>
    flag('--ignore-username-mismatch', ignoreUsernameMismatch),
  ignoreSizeLimit: ({ ignoreSizeLimit }) => flag('--ignore-size-limit', ignoreSizeLimit),
  verifyOnly: ({ verifyOnly }) => flag('--verify-only', verifyOnly),
  yes: ({ yes }) => flag('--yes', yes),
  pool: ({ pool }) => value('--pool', pool),
  netvm: ({ netvm }) => value('--netvm', netvm),
  compressionFilter: ({ compressionFilter }) => value('--compression-filter', compressionFilter),
  maxKdfMemory: ({ maxKdfMemory }) => value('--max-kdf-memory', maxKdfMemory),
  maxKdfCost: ({ maxKdfCost }) => value('--max-kdf-cost', maxKdfCost),
  jobs: ({ jobs }) => value('--jobs', jobs),
  memory: ({ memory }) => value('--memory', memory),
  scratch: ({ scratch }) => value('--scratch', scratch),
  stallTimeout: ({ stallTimeout }) => value('--stall-timeout', stallTimeout),
  json: ({ json }) => flag('--json', json),
  quiet: ({ quiet }) => flag('--quiet', quiet),
  verbose: ({ verbose }) => flag('--verbose', verbose),
  // They come last, behind the archive.
  qubes: none,
};

/**
 * The arguments of qubes-restore in the disposable for a request with `--paranoid-mode`: what was
 * asked, but by qrexec, without dom0's home and without devices.
 * @param service what it reads the archive by: `qubes.RestoreById+ID`
 * @param options what else it is told
 */
export function sandboxArguments(
  request: RunRequest,
  service: string,
  options: readonly string[],
): readonly string[] {
  return [
    ...Object.values(CARRIED).flatMap((carry) => carry(request)),
    ...['--qrexec', '--sandboxed', '--skip-dom0-home', '--skip-devices'],
    '--location-is-service',
    ...options,
    ...['--', service, ...request.qubes],
  ];
}

function none(): readonly string[] {
  return [];
}

function flag(option: string, isGiven: boolean): readonly string[] {
  return isGiven ? [option] : [];
}

function value(option: string, given: string | number | undefined): readonly string[] {
  // In one word: it may begin with a minus.
  return given === undefined ? [] : [`${option}=${given}`];
}
