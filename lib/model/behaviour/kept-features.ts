/** What the system keeps for itself in features; a person who changed it would confuse it. */
export const KEPT_FEATURES: ReadonlySet<string> = new Set([
  'deferred-netvm-original',
  'preload-dispvm',
  'preload-dispvm-completed',
  'preload-dispvm-in-progress',
]);
