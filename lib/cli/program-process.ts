/** What of a process a program uses. */
export type ProgramProcess = Pick<
  NodeJS.Process,
  'stdin' | 'stdout' | 'stderr' | 'env' | 'on' | 'off' | 'exit'
>;

/** How a run ended: the exit status, and the fault if it ended by one. */
export interface RunEnd {
  readonly status: number;
  readonly fault?: unknown;
}
