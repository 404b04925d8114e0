const MAX_SHOWN = 200;

/**
 * Untrusted text made safe for a terminal or a log: printable ASCII as it is, everything else as
 * `_`, cut after 200 characters. Never use the result for anything but showing.
 */
export function printable(untrusted: string, max = MAX_SHOWN): string {
  const safe = untrusted.slice(0, max).replace(/[^\x20-\x7e]/g, '_');
  return untrusted.length > max ? `${safe}…` : safe;
}
