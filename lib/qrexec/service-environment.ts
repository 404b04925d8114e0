import { fullName } from './names.ts';
import type { Called } from './find-file.ts';

/** A call as a service is told of it. */
export interface ServedCall extends Called {
  /** Name of the qube that calls. */
  readonly source: string;
  /** What the caller asked for, which only dom0's services are told; undefined in a qube. */
  readonly requestedTarget: string | undefined;
}

/** What an executable is told of its call, in its environment. */
export function serviceEnvironment(call: ServedCall): Record<string, string> {
  return {
    QREXEC_SERVICE_FULL_NAME: fullName(call),
    QREXEC_SERVICE_ARGUMENT: call.argument,
    QREXEC_REMOTE_DOMAIN: call.source,
    ...requested(call.requestedTarget),
  };
}

function requested(target: string | undefined): Record<string, string> {
  if (target === undefined) return { QREXEC_REQUESTED_TARGET_TYPE: '' };
  return target.startsWith('@')
    ? {
        QREXEC_REQUESTED_TARGET_TYPE: 'keyword',
        QREXEC_REQUESTED_TARGET_KEYWORD: target.slice(1),
      }
    : { QREXEC_REQUESTED_TARGET_TYPE: 'name', QREXEC_REQUESTED_TARGET: target };
}

/** What a socket is told of its call, in front of the payload. */
export function serviceDescriptor(call: ServedCall): Uint8Array {
  const { QREXEC_REQUESTED_TARGET_TYPE: type, ...target } = requested(call.requestedTarget);
  const words = [fullName(call), call.source, type, ...Object.values(target)];
  return new TextEncoder().encode(`${words.filter((word) => word !== '').join(' ')}\0`);
}
