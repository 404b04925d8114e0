/** Exit status of a host that had to end at once. */
const INTERRUPTED = 130;

/** How often it is looked whether the host is idle: often enough for the shortest time. */
const LOOK_MS = 100;

/** How little there is to do. */
export interface Idleness {
  /** Milliseconds since the last connection was closed; 0 while there is one. */
  readonly quietMs: () => number;
  /** Whether the host is needed all the same: qubes run, or are to be started in a while. */
  readonly isNeeded: () => boolean;
}

/**
 * Waits until the host is to end: SIGTERM, SIGINT, or `idleExit` seconds in which nobody was
 * connected and no qube ran. From then on a further signal ends the process at once. SIGHUP means
 * nothing: the host outlives the terminal it was started from.
 * @returns why
 */
export function untilEnd(
  idleness: Idleness,
  idleExit: number | undefined,
  host: Pick<NodeJS.Process, 'on' | 'exit'>,
): Promise<string> {
  return new Promise((resolve) => {
    let isEnding = false;
    let looks: NodeJS.Timeout | undefined;
    const end = (reason: string): void => {
      clearInterval(looks);
      isEnding = true;
      resolve(reason);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      host.on(signal, () => {
        if (isEnding) host.exit(INTERRUPTED);
        end(signal);
      });
    }
    host.on('SIGHUP', () => undefined);
    if (idleExit !== undefined) {
      let needed = performance.now();
      looks = setInterval(
        () => {
          const now = performance.now();
          if (idleness.isNeeded()) needed = now;
          const idleMs = Math.min(idleness.quietMs(), now - needed);
          if (idleMs >= 1000 * idleExit) end(`no call for ${idleExit} s`);
        },
        Math.min(1000, Math.max(LOOK_MS, 100 * idleExit)),
      );
    }
  });
}
