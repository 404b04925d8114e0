const MAX_SHOWN = 200;

/**
 * Untrusted text made safe for a terminal or a log: printable ASCII as it is, everything else as
 * `_`, cut after 200 characters. Never use the result for anything but showing.
 */
export function printable(untrusted: string, max = MAX_SHOWN): string {
  const safe = untrusted.slice(0, max).replace(/[^\x20-\x7e]/g, '_');
  return untrusted.length > max ? `${safe}…` : safe;
}

/**
 * Untrusted text of several lines made safe for a terminal: line breaks, tabs and what has a shape
 * of its own stay, control and formatting characters become `_`.
 */
export function printableText(untrusted: string): string {
  return untrusted.replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, '_');
}
