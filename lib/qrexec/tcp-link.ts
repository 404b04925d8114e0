import { isIP } from 'node:net';

import { CallError, PROBLEM } from './call-error.ts';
import type { Called } from './find-file.ts';

/**
 * Reads the link of a service that is a port: `/dev/tcp/HOST/PORT`, where port, or both, can be left
 * to the argument of the call (`HOST+PORT`, with `+` for each `:` of an IPv6 address).
 * @throws CallError when there is an argument too many, one too few, or no address in it
 */
export function parseTcpLink(
  link: string,
  { service, argument }: Called,
): { readonly host: string; readonly port: number } {
  const [, , , linkHost = '', ...linkPort] = link.split('/');
  if (linkPort.length > 0) {
    if (argument !== '') throw refuse(service, 'it takes no argument');
    return address(service, linkHost, linkPort.join('/'));
  }
  if (linkHost !== '') return address(service, linkHost, argument);
  const last = argument.lastIndexOf('+');
  return address(
    service,
    argument.slice(0, Math.max(last, 0)).replaceAll('+', ':'),
    argument.slice(last + 1),
  );
}

function address(service: string, host: string, port: string): { host: string; port: number } {
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535) {
    throw refuse(service, `"${port}" is no port`);
  }
  if (isIP(host) === 0) throw refuse(service, `"${host}" is no address`);
  return { host, port: Number(port) };
}

function refuse(service: string, reason: string): CallError {
  return new CallError(PROBLEM, `Cannot connect ${service}: ${reason}`);
}
