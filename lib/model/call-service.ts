import { QubesException } from '../base/admin-error.ts';
import { reasonOf } from '../base/errors.ts';
import { NoServiceError, type ServiceDetails } from '../base/qube-services.ts';
import { featureWithTemplate } from './feature-lookup.ts';
import type { Qube } from './qube.ts';

const SECOND_MS = 1000;

/** As long as the reference waits for a qube that is told something. */
const TOLD_SECONDS = 60;

/**
 * Calls a service of a running qube, as root, and waits for its end, but not for ever.
 * @throws NoServiceError when there is none of that name
 * @throws QubesException when it fails, or takes too long
 */
export async function callService(
  qube: Qube,
  service: string,
  seconds: number,
  details: ServiceDetails = {},
): Promise<void> {
  const { clock, services } = qube.system;
  const late = new AbortController();
  const callOff = clock.after(seconds * SECOND_MS, () =>
    late.abort(new QubesException(`not within ${seconds} seconds`)),
  );
  try {
    qube.fire('domain-cmd-pre-run', { start_guid: false });
    await services.call(qube.name, service, late.signal, { ...details, asRoot: true });
  } finally {
    callOff();
  }
}

/** Whether a qube says that services can be called in it. */
export function hasServices(qube: Qube): boolean {
  return (featureWithTemplate(qube, 'qrexec') ?? '') !== '';
}

/** Lets a running qube know of something by a service, if it has it; what goes wrong goes to the log. */
export async function tellQube(qube: Qube, service: string): Promise<void> {
  if (!hasServices(qube)) return;
  const { log } = qube.system;
  try {
    await callService(qube, service, TOLD_SECONDS);
  } catch (error) {
    const message = `${qube.name}: cannot be told by ${service}: ${reasonOf(error)}`;
    if (error instanceof NoServiceError) log.debug(message);
    else log.warn(message);
  }
}
