import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import type { EventPayload } from '../lib/model/events.ts';
import type { Qube } from '../lib/model/qube.ts';

/** Events that stay inside: questions asked of the model, and what the reference never tells. */
const NEVER_SENT =
  /^(?:admin-permission:|device-get:|device-list:|device-list-attached:|domain-is-fully-usable$)/;

export const services: readonly AdminService[] = [
  {
    name: 'admin.Events',
    summary: 'Every event of the system, or of one qube, until the caller closes the connection.',
    api: 'admin',
    destination: 'either',
    argument: 'none',
    payload: 'none',
    access: { scope: 'global', effect: 'read' },
    async handle(call) {
      requirePermission(call);
      const stopObserving = call.app.addObserver((subject, event, payload) => {
        if (isWanted(call, subject, event, payload)) {
          call.sendEvent(subject?.name ?? '', event, payload);
        }
      });
      try {
        call.sendEvent('', 'connection-established', {});
        await untilAborted(call.signal);
      } finally {
        stopObserving();
      }
      return undefined;
    },
  },
];

function isWanted(
  { source, destination, permitted }: AdminCall,
  subject: Qube | undefined,
  event: string,
  payload: EventPayload,
): boolean {
  if (destination.className !== 'AdminVM' && subject !== destination) return false;
  if (NEVER_SENT.test(event)) return false;
  if (source.className === 'AdminVM') return true;
  const about = subject?.name ?? nameOf(payload['vm']) ?? '@adminvm';
  return permitted(source.name, 'admin.Events', event.replaceAll(':', '_'), about);
}

/** The qube that an event of the system is about. */
function nameOf(value: EventPayload[string]): string | undefined {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
