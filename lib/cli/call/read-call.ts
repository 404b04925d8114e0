import { basename } from 'node:path';

import type { RequestHeader } from '../../admin/frames.ts';
import { type SocketName, socketOf } from '../../admin/start-host.ts';
import { ProtocolError } from '../../base/admin-error.ts';

/** What an executable was started for. */
export interface PassedCall extends RequestHeader {
  /** The socket that serves it. */
  readonly socket: SocketName;
}

/**
 * Works out which call this process was started for. qrexec tells in the environment; started
 * through sudo a service has only `QREXEC_REMOTE_DOMAIN` and `QREXEC_REQUESTED_TARGET`, the name
 * of its own file, and the argument in `argv`, which may be empty.
 * @param argv as Node gives it: Node, file, argument
 * @throws ProtocolError when caller or destination are missing, or no qube
 */
export function readCall(env: NodeJS.ProcessEnv, argv: readonly string[]): PassedCall {
  const [, file = '', firstArgument = ''] = argv;
  const called = env['QREXEC_SERVICE_FULL_NAME'] ?? basename(file);
  const plus = called.indexOf('+');
  const method = plus < 0 ? called : called.slice(0, plus);
  const inName = plus < 0 ? firstArgument : called.slice(plus + 1);
  const source = env['QREXEC_REMOTE_DOMAIN'] ?? '';
  if (source === '') throw new ProtocolError('QREXEC_REMOTE_DOMAIN does not say who calls');
  const socket = socketOf(method);
  return {
    method,
    argument: env['QREXEC_SERVICE_ARGUMENT'] ?? inName,
    source,
    // Only dom0 has the services that qubes call to tell it of themselves.
    destination: socket === 'qubesd.misc' ? 'dom0' : destinationOf(env),
    socket,
  };
}

function destinationOf(env: NodeJS.ProcessEnv): string {
  const isKeyword = env['QREXEC_REQUESTED_TARGET_TYPE'] === 'keyword';
  const target = isKeyword
    ? `@${env['QREXEC_REQUESTED_TARGET_KEYWORD'] ?? ''}`
    : (env['QREXEC_REQUESTED_TARGET'] ?? '');
  if (target === '@adminvm') return 'dom0';
  if (target === '') throw new ProtocolError('QREXEC_REQUESTED_TARGET does not say what is called');
  return target;
}
