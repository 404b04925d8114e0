import { NeedsError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

const MAX_LINE = 10_000;

/** `events`: a line each, until the person or the daemon ends it. */
export async function showEvents(
  { qube }: RequestFor<'events'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  for await (const { subject, event, payload } of client.events(qube)) {
    const facts = [...payload].map(([key, value]) => `${key}=${value}`);
    await screen.showText(
      {
        type: 'event',
        subject: subject === '' ? null : subject,
        event,
        payload: Object.fromEntries(payload),
      },
      // One line, whatever is in a value.
      printable([subject === '' ? '-' : subject, event, ...facts].join(' '), MAX_LINE),
    );
  }
  throw new NeedsError('The daemon has ended the events');
}
