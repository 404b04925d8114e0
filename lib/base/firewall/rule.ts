import { isIPv4, isIPv6 } from 'node:net';

import * as z from 'zod/mini';

import { firstIssue } from '../first-issue.ts';
import { isHostName } from './host-name.ts';
import { RuleError } from './rule-error.ts';

/** Rules have four digits in QubesDB, and a request of 64 KiB holds no more than half as many. */
export const MAX_RULES = 10_000;
/** The end of the year 9999, after which the reference has no time. */
const MAX_TIME = 253_402_300_799;
const MAX_PORT = 65_535;
const MAX_ICMP_TYPE = 255;

const port = z.int('are no ports').check(z.minimum(0), z.maximum(MAX_PORT, 'are no ports'));

const firewallRule = z.readonly(
  z
    .strictObject({
      action: z.enum(['accept', 'drop'], 'is neither accept nor drop'),
      proto: z.optional(z.enum(['tcp', 'udp', 'icmp'], 'is none of tcp, udp and icmp')),
      /** `10.0.0.0/8`, always with the length of its prefix. */
      dst4: z.optional(z.string().check(z.refine(isNetwork(isIPv4, 32), 'is no IPv4 network'))),
      /** `2001:db8::/32`, always with the length of its prefix. */
      dst6: z.optional(z.string().check(z.refine(isNetwork(isIPv6, 128), 'is no IPv6 network'))),
      dsthost: z.optional(
        z.string().check(z.refine(isHostName, 'is neither an address nor the name of a host')),
      ),
      /** First and last port; only with tcp and udp. */
      dstports: z.optional(
        z
          .tuple([port, port], 'are no ports')
          .check(z.refine(([first, last]) => first <= last, 'run backwards')),
      ),
      /** Only with icmp. */
      icmptype: z.optional(
        z.int('is no ICMP type').check(z.minimum(0), z.maximum(MAX_ICMP_TYPE, 'is no ICMP type')),
      ),
      specialtarget: z.optional(z.literal('dns', 'is not dns')),
      /** Seconds since 1970. */
      expire: z.optional(
        z.int('is no time').check(z.minimum(0), z.maximum(MAX_TIME, 'is no time')),
      ),
      /** As the person wrote it: any text, also several lines. */
      comment: z.optional(z.string()),
    })
    .check(
      z.refine(
        ({ dst4, dst6, dsthost }) =>
          [dst4, dst6, dsthost].filter((dst) => dst !== undefined).length < 2,
        'more than one destination',
      ),
      z.refine(
        ({ proto, dstports }) => dstports === undefined || proto === 'tcp' || proto === 'udp',
        'ports without tcp or udp',
      ),
      z.refine(
        ({ proto, icmptype }) => icmptype === undefined || proto === 'icmp',
        'an ICMP type without icmp',
      ),
    ),
);

/** One rule of a qube's firewall. */
export type FirewallRule = z.infer<typeof firewallRule>;

/** @throws RuleError */
export function acceptRule(candidate: unknown): FirewallRule {
  const result = firewallRule.safeParse(candidate);
  if (result.success) return result.data;
  throw new RuleError(firstIssue(result.error), { cause: result.error });
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
