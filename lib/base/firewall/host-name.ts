const MAX_NAME = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Of the last label: with it a name would be read as an address, `1.2` as 1.0.0.2. */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Whether a firewall can look a name up: labels of 1 to 63 letters, digits, `-` and `_` in lower
 * case, no `-` at either end of one, 253 characters in all; a dot at the end makes it absolute.
 * Names that are none have made the firewalls of network qubes give up on all rules of a qube.
 */
export function isHostName(untrusted: string): boolean {
  const name = untrusted.endsWith('.') ? untrusted.slice(0, -1) : untrusted;
  if (name.length > MAX_NAME) return false;
  const labels = name.split('.');
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '');
}
