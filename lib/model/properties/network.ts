import { isIPv4, isIPv6 } from 'node:net';
import { QubesValueError } from '../../base/admin-error.ts';
import { featureWithNetvm, featureWithTemplate } from '../feature-lookup.ts';
import type { PropertySpec, Property } from '../property.ts';
import { property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { computed, text } from '../rows.ts';
import { dispid } from './dispid.ts';
import { guardedProvidesNetwork, netvm } from './netvm.ts';
import { providesNetwork } from './provides-network.ts';

/** Every netvm passes these on to the name servers it has itself. */
export const DNS_SERVERS = ['10.139.1.1', '10.139.1.2'] as const;
export const NETMASK = '255.255.255.255';
/** Networks of qubes and of disposables; the same in hexadecimal ends their IPv6 addresses. */
const QUBES = { ipv4: '10.137', ipv6: 'a89' } as const;
const DISPOSABLES = { ipv4: '10.138', ipv6: 'a8a' } as const;
const IPV6_PREFIX = 'fd09:24ef:4179:';

export const mac = text<Qube>({
  name: 'mac',
  doc: 'MAC address of its network card.',
  default: '00:16:3e:5e:6c:00',
  check: (_, value) => {
    const address = value.toLowerCase();
    if (/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address)) return address;
    throw new QubesValueError('Invalid MAC address value');
  },
});

export const ip = address('IPv4Address', isIPv4, {
  name: 'ip',
  doc: 'Its IPv4 address. Default: 10.137 and its number (disposables: 10.138 and theirs) if it is on a network.',
  defaultOf: (qube) => (isNetworked(qube) ? ipv4Of(qube) : null),
});

export const ip6 = address('IPv6Address', isPlainIPv6, {
  name: 'ip6',
  doc: 'Its IPv6 address. Default: one made like its IPv4 address, if the feature ipv6 is on along its netvms.',
  defaultOf: (qube) => (isNetworked(qube) && hasIPv6(qube) ? ipv6Of(qube) : null),
});

export const visibleIp = computed<Qube, string | null>(
  'str',
  'visible_ip',
  'IPv4 address as the qube itself sees it: the feature net.fake-ip, else ip.',
  (qube) => orUndefined(featureWithTemplate(qube, 'net.fake-ip')) ?? qube.get(ip),
);

export const visibleIp6 = computed<Qube, string | null>(
  'str',
  'visible_ip6',
  'IPv6 address as the qube itself sees it.',
  (qube) => qube.get(ip6),
);

export const gateway: Property<Qube, string | null> = computed<Qube, string | null>(
  'str',
  'gateway',
  'Gateway of the qubes connected to it.',
  (qube) => (qube.get(providesNetwork) ? qube.get(visibleIp) : null),
);

export const gateway6: Property<Qube, string | null> = computed<Qube, string | null>(
  'str',
  'gateway6',
  'IPv6 gateway of the qubes connected to it.',
  (qube) => (hasIPv6(qube) && qube.get(providesNetwork) ? qube.get(visibleIp6) : null),
);

export const visibleGateway = computed<Qube, string | null>(
  'str',
  'visible_gateway',
  'Gateway as the qube itself sees it: the feature net.fake-gateway, else that of its netvm.',
  (qube) =>
    orUndefined(featureWithTemplate(qube, 'net.fake-gateway')) ??
    netvmOf(qube)?.find(gateway) ??
    null,
);

export const visibleGateway6 = computed<Qube, string | null>(
  'str',
  'visible_gateway6',
  'IPv6 gateway as the qube itself sees it.',
  (qube) => (hasIPv6(qube) ? (netvmOf(qube)?.find(gateway6) ?? null) : null),
);

export const visibleNetmask = computed<Qube, string | null>(
  'str',
  'visible_netmask',
  'Netmask as the qube itself sees it: the feature net.fake-netmask, else that of its netvm.',
  (qube) => {
    const fake = orUndefined(featureWithTemplate(qube, 'net.fake-netmask'));
    if (fake !== undefined) return fake;
    const through = netvmOf(qube);
    return through !== null && isNetworked(through) ? NETMASK : null;
  },
);

const dns = computed<Qube, string | null>('str', 'dns', 'Its name servers.', (qube) =>
  isNetworked(qube) ? DNS_SERVERS.join(' ') : null,
);

/** What makes a qube part of a network; `netvm` itself differs between classes. */
export const NETWORK_PROPERTIES = [
  mac,
  ip,
  ip6,
  netvm,
  guardedProvidesNetwork,
  visibleIp,
  visibleIp6,
  visibleGateway,
  visibleGateway6,
  visibleNetmask,
  gateway,
  gateway6,
  dns,
];

function address(
  title: string,
  accepts: (untrusted: string) => boolean,
  spec: PropertySpec<Qube, string | null>,
): Property<Qube, string | null> {
  return property(
    'str',
    (_, untrusted) => {
      if (accepts(untrusted)) return canonicalAddress(untrusted);
      throw new QubesValueError(`Failed to parse property value as ${title}`);
    },
    spec,
  );
}

/** An address with its zone cut off would be another one. */
function isPlainIPv6(untrusted: string): boolean {
  return isIPv6(untrusted) && !untrusted.includes('%');
}

/** IPv6 in the shortest form of RFC 5952, which clients compare. */
function canonicalAddress(text: string): string {
  return text.includes(':') ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;
}

/** Whether a qube is on a network at all: connected to one, or itself its beginning. */
function isNetworked(qube: Qube): boolean {
  return qube.find(providesNetwork) === true || netvmOf(qube) !== null;
}

function netvmOf(qube: Qube): Qube | null {
  return qube.find(netvm) ?? null;
}

function hasIPv6(qube: Qube): boolean {
  return (featureWithNetvm(qube, 'ipv6') ?? '') !== '';
}

function orUndefined(feature: string | undefined): string | undefined {
  return feature === '' ? undefined : feature;
}

function ipv4Of(qube: Qube): string {
  const { network, number } = placeOf(qube);
  // Low numbers as they always were; higher ones never end in .0 or .255.
  if (number < 255) return `${network.ipv4}.${number >> 8}.${number & 0xff}`;
  return `${network.ipv4}.${Math.floor((number - 1) / 254)}.${((number - 1) % 254) + 1}`;
}

function ipv6Of(qube: Qube): string {
  const { network, number } = placeOf(qube);
  return canonicalAddress(`${IPV6_PREFIX}:${network.ipv6}:${number.toString(16)}`);
}

function placeOf(qube: Qube): { network: typeof QUBES | typeof DISPOSABLES; number: number } {
  const ofDisposable = qube.find(dispid);
  return ofDisposable === undefined
    ? { network: QUBES, number: qube.qid }
    : { network: DISPOSABLES, number: ofDisposable };
}
