import { type ErrorCode, QubesRpcError } from './errors.ts';

/** One row of a table of exit statuses. */
export interface ExitStatus {
  readonly status: number;
  /** The errors that end the program with it; none for success and for a fault. */
  readonly errors: readonly ErrorCode[];
  /** For the man page and the README. */
  readonly meaning: string;
  /** For `--help`. */
  readonly short: string;
}

const FAULT: ExitStatus = {
  status: 70,
  errors: [],
  short: 'fault',
  meaning: 'A fault in the program itself. Please report it.',
};

const INTERRUPTED: ExitStatus = {
  status: 130,
  errors: ['cancelled'],
  short: 'interrupted',
  meaning: 'Interrupted: by a signal, or because the reader of the output went away.',
};

/** How qubes-restore ends. The man pages are tested against these tables. */
export const RESTORE_STATUSES: readonly ExitStatus[] = [
  { status: 0, errors: [], short: 'well', meaning: 'Everything asked for is there and good.' },
  {
    status: 2,
    errors: ['usage'],
    short: 'usage',
    meaning:
      'Wrong usage: an unknown option, command, qube or part; or something stands against the plan.',
  },
  {
    status: 3,
    errors: ['not-readable'],
    short: 'not readable',
    meaning: 'The archive cannot be read, or is not a Qubes backup.',
  },
  {
    status: 4,
    errors: ['wrong-passphrase'],
    short: 'wrong passphrase',
    meaning: 'The passphrase is wrong.',
  },
  {
    status: 5,
    errors: ['damaged'],
    short: 'damaged or missing parts',
    meaning: 'The run finished, but parts are damaged or missing.',
  },
  {
    status: 6,
    errors: ['needs'],
    short: 'something needed is absent',
    meaning: 'Something needed is absent: a program, disk space, memory, a permission.',
  },
  {
    status: 7,
    errors: ['refused'],
    short: 'refused',
    meaning: 'The daemon refused something: a qube could not be made, or a setting not be set.',
  },
  FAULT,
  INTERRUPTED,
];

/** How qubes-rpc ends. */
export const RPC_STATUSES: readonly ExitStatus[] = [
  { status: 0, errors: [], short: 'done', meaning: 'Done.' },
  {
    status: 2,
    errors: ['usage'],
    short: 'usage',
    meaning: 'Wrong usage: an unknown command or option, or a value that cannot be meant.',
  },
  {
    status: 5,
    errors: ['damaged'],
    short: 'damaged',
    meaning: 'The store that was to be taken over, or the policy, cannot be understood.',
  },
  {
    status: 6,
    errors: ['needs'],
    short: 'no daemon',
    meaning: 'The daemon, or something else that is needed, is absent or gives no sensible answer.',
  },
  {
    status: 7,
    errors: ['refused'],
    short: 'refused',
    meaning: 'Refused: by the daemon, in its own words, or by policy.',
  },
  { status: 8, errors: [], short: 'policy asks', meaning: 'Policy would ask the person.' },
  FAULT,
  INTERRUPTED,
];

/** How qubes-rpcd ends. */
export const HOST_STATUSES: readonly ExitStatus[] = [
  { status: 0, errors: [], short: 'ended as told, or idle', meaning: 'Ended as told, or idle.' },
  {
    status: 2,
    errors: ['usage'],
    short: 'usage',
    meaning: 'Wrong usage: an unknown option, or a value that cannot be meant.',
  },
  {
    status: 5,
    errors: ['damaged'],
    short: 'damaged store',
    meaning: 'The store cannot be understood.',
  },
  {
    status: 6,
    errors: ['needs'],
    short: 'no store, or that of another host',
    meaning: 'There is no store, another host has it, or the disk or a socket refuses.',
  },
  FAULT,
  INTERRUPTED,
];

/** How preload-dispvm ends. */
export const PRELOAD_STATUSES: readonly ExitStatus[] = [
  {
    status: 0,
    errors: [],
    short: 'done',
    meaning: 'All templates have been told, or there are none.',
  },
  {
    status: 2,
    errors: ['usage'],
    short: 'usage',
    meaning: 'Wrong usage: an unknown option, or a value that cannot be meant.',
  },
  {
    status: 6,
    errors: ['needs'],
    short: 'no daemon, or none that answers',
    meaning: 'The daemon is absent or gives no sensible answer.',
  },
  {
    status: 7,
    errors: ['refused'],
    short: 'a template refuses',
    meaning:
      'A template refuses, or a disposable of it could not be started. The others have been told.',
  },
  FAULT,
  INTERRUPTED,
];

/** The status a program ends with after `error`: anything outside the error tree is a fault. */
export function exitCodeOf(error: unknown): number {
  return error instanceof QubesRpcError ? statusOf(error.code) : FAULT.status;
}

/** The status that belongs to a kind of failure, the same in all programs. */
export function statusOf(code: ErrorCode): number {
  const all = [...RESTORE_STATUSES, ...RPC_STATUSES];
  return all.find(({ errors }) => errors.includes(code))?.status ?? FAULT.status;
}
