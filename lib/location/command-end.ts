/** How a process came to its end, for the end of a message. */
export function howItEnded(ended: {
  readonly exitCode?: number;
  readonly signal?: string;
}): string {
  const { exitCode, signal } = ended;
  return exitCode === undefined ? `ended by ${signal ?? 'an error'}` : `exit ${exitCode}`;
}
