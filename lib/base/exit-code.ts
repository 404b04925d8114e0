import { type ErrorCode, QubesRpcError } from './errors.ts';

/** One row of the table of exit statuses. */
export interface ExitStatus {
  readonly status: number;
  /** The errors that end the program with it; none for success and for a fault. */
  readonly errors: readonly ErrorCode[];
  /** For the man page and the README. */
  readonly meaning: string;
  /** For `--help`. */
  readonly short: string;
}

/** How the programs end: the only place that says so. The man page is tested against it. */
export const EXIT_STATUSES: readonly ExitStatus[] = [
  { status: 0, errors: [], short: 'well', meaning: 'Everything asked for is there and good.' },
  {
    status: 2,
    errors: ['usage'],
    short: 'usage',
    meaning: 'Wrong usage: an unknown option, command, qube or part.',
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
    status: 70,
    errors: [],
    short: 'fault',
    meaning: 'A fault in the program itself. Please report it.',
  },
  {
    status: 130,
    errors: ['cancelled'],
    short: 'interrupted',
    meaning: 'Interrupted: by a signal, or because the reader of the output went away.',
  },
];

const FAULT = 70;

/** The status a program ends with after `error`: anything outside the error tree is a fault. */
export function exitCodeOf(error: unknown): number {
  return error instanceof QubesRpcError ? statusOf(error.code) : FAULT;
}

/** The status that belongs to a kind of failure. */
export function statusOf(code: ErrorCode): number {
  return EXIT_STATUSES.find(({ errors }) => errors.includes(code))?.status ?? FAULT;
}
