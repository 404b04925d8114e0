import { isIPv4, isIPv6 } from 'node:net';

/**
 * Sorts a destination as people write it into the field it belongs to, with a prefix where it is
 * an address. Says nothing about whether it is valid: that is `firewallRule`'s.
 * @param prefix for an address that has none itself; the whole address if undefined
 */
export function destination(
  untrusted: string,
  prefix?: string,
): { dst4: string } | { dst6: string } | { dsthost: string } {
  const [untrustedAddress = ''] = untrusted.split('/', 1);
  const withPrefix = (longest: number): string =>
    untrusted.includes('/') ? untrusted : `${untrusted}/${prefix ?? longest}`;
  if (isIPv4(untrustedAddress)) return { dst4: withPrefix(32) };
  if (isIPv6(untrustedAddress)) return { dst6: withPrefix(128) };
  // Host names have no case; the Admin API takes them in lower case only.
  return { dsthost: untrusted.toLowerCase() };
}
