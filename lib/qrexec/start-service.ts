import type { QrexecCall, QrexecRequest } from './caller.ts';
import { findService } from './find-service.ts';
import { readServiceConfig } from './service-config.ts';
import { serviceDescriptor, serviceEnvironment, type ServedCall } from './service-environment.ts';
import { callSocket } from './socket-call.ts';

/** Where a service runs, and what it finds there. */
export interface ServicePlace {
  /** Folders of services, the first one first, and of their configurations. */
  readonly services: readonly string[];
  readonly configs: readonly string[];
  /** Folder it begins in. */
  readonly cwd: string;
  readonly umask: number;
  /** Its environment, without what it is told of the call. */
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor for what it says on stderr; undefined when that is the caller's. */
  readonly log: number | undefined;
}

/**
 * Finds a service and starts it, or connects with it.
 * @throws CallError
 */
export async function startService(
  call: ServedCall,
  place: ServicePlace,
  request: Pick<QrexecRequest, 'signal' | 'onStderr'>,
): Promise<QrexecCall> {
  const config = await readServiceConfig(place.configs, call);
  const service = await findService(place.services, call);
  if (service.kind !== 'executable') {
    const head = config.skipDescriptor ? new Uint8Array() : serviceDescriptor(call);
    return callSocket(service, head, config, request);
  }
  // Most calls to dom0 go to the socket of its host: they need nothing of what starts a program.
  const { callExecutable } = await import('./executable-call.ts');
  return callExecutable(
    {
      path: service.path,
      args: call.argument === '' ? [] : [call.argument],
      env: { ...place.env, ...serviceEnvironment(call) },
      cwd: place.cwd,
      umask: place.umask,
      log: place.log,
    },
    request,
  );
}
