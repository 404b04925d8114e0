import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

/** Comments the Admin API takes; anything else would make it refuse the whole list. */
const NOT_IN_COMMENTS = /[^A-Za-z0-9:;,./\-_[\] ]/g;

const port = z.int().min(0).max(65_535);

/** Accepts one rule; values are those of the Admin API. */
export const firewallRule = z
  .strictObject({
    action: z.enum(['accept', 'drop'], 'is neither accept nor drop'),
    proto: z.enum(['tcp', 'udp', 'icmp'], 'is not known').optional(),
    /** `10.0.0.0/8`, always with the length of its prefix. */
    dst4: z.string().refine(isNetwork(isIPv4, 32), 'is no IPv4 network').optional(),
    /** `2001:db8::/32`, always with the length of its prefix. */
    dst6: z.string().refine(isNetwork(isIPv6, 128), 'is no IPv6 network').optional(),
    dsthost: z
      .string()
      .regex(/^[a-z0-9_.-]{1,253}$/, 'is not the name of a host')
      .optional(),
    /** First and last port; only with tcp and udp. */
    dstports: z
      .tuple([port, port], 'are no ports')
      .refine(([first, last]) => first <= last, 'run backwards')
      .optional(),
    /** Only with icmp. */
    icmptype: z.int('is no ICMP type').min(0).max(255).optional(),
    specialtarget: z.literal('dns', 'is not known').optional(),
    /** Seconds since 1970. */
    expire: z.int('is no time').nonnegative().optional(),
    /** As the person wrote it: any text, also several lines. */
    comment: z.string().optional(),
  })
  .refine(
    ({ dst4, dst6, dsthost }) =>
      [dst4, dst6, dsthost].filter((dst) => dst !== undefined).length < 2,
    'more than one destination',
  )
  .refine(
    ({ proto, dstports }) => dstports === undefined || proto === 'tcp' || proto === 'udp',
    'ports without tcp or udp',
  )
  .refine(
    ({ proto, icmptype }) => icmptype === undefined || proto === 'icmp',
    'an ICMP type without icmp',
  )
  .readonly();

/** One rule of a qube's firewall. */
export type FirewallRule = z.infer<typeof firewallRule>;

/**
 * A rule as one line of `admin.vm.firewall.Set`, in the order in which the Admin API answers.
 * Characters it does not take in a comment become `_`: a line break never makes a second rule.
 */
export function ruleText(rule: FirewallRule): string {
  const { comment, dstports } = rule;
  const values: readonly (readonly [string, string | number | undefined])[] = [
    ['action', rule.action],
    ['expire', rule.expire],
    ['dst4', rule.dst4],
    ['dst6', rule.dst6],
    ['dsthost', rule.dsthost],
    ['proto', rule.proto],
    ['specialtarget', rule.specialtarget],
    ['dstports', dstports === undefined ? undefined : dstports.join('-')],
    ['icmptype', rule.icmptype],
    // Everything after `comment=` is comment.
    ['comment', comment === '' ? undefined : comment?.replace(NOT_IN_COMMENTS, '_')],
  ];
  return values
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
    .join(' ');
}

function isNetwork(isAddress: (text: string) => boolean, longest: number) {
  return (text: string): boolean => {
    const [address = '', prefix = '', ...rest] = text.split('/');
    return (
      isAddress(address) &&
      !address.includes('%') &&
      /^\d{1,3}$/.test(prefix) &&
      Number(prefix) <= longest &&
      rest.length === 0
    );
  };
}
