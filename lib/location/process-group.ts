/** How long a command that is not needed any more may take to end before it is killed. */
const GRACE_MS = 2000;

/** Asks all processes of a group to end, and makes them when they do not. */
export function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  signalGroup(leader, 'SIGTERM');
  setTimeout(() => signalGroup(leader, 'SIGKILL'), GRACE_MS).unref();
}

/** Ends what is left of a group whose leader has ended: it has not heard of the end. */
export function killGroup(leader: number | undefined): void {
  if (leader !== undefined) signalGroup(leader, 'SIGKILL');
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // They have all ended.
  }
}
