import { isIPv4, isIPv6 } from 'node:net';

/** The field of a rule that says where to. Whether its value can be one is for `acceptRule` to say. */
export type Destination =
  { readonly dst4: string } | { readonly dst6: string } | { readonly dsthost: string };

/**
 * Sorts a destination as people write it into the field it belongs to, with a prefix where it is an
 * address.
 * @param prefix for an address that has none itself; the whole address if undefined
 */
export function destination(untrusted: string, prefix?: string): Destination {
  const [untrustedAddress = ''] = untrusted.split('/', 1);
  if (isIPv4(untrustedAddress)) return { dst4: withPrefix(untrusted, prefix ?? '32') };
  if (isIPv6(untrustedAddress)) return { dst6: withPrefix(untrusted, prefix ?? '128') };
  return { dsthost: untrusted };
}

/** An IPv4 or IPv6 network with the length of its prefix, without zeros in front. */
export function withPrefix(untrusted: string, prefix: string): string {
  const text = untrusted.includes('/') ? untrusted : `${untrusted}/${prefix}`;
  return text.replace(/\/0+(?=[0-9]+$)/, '/');
}
