import type { Presence } from '../lib/rpc/admin-service.ts';
import type { Service } from '../lib/rpc/service.ts';

/** Whether a service that runs as a process takes an argument. */
export function streamArgument({ argument, takes }: Service): Presence {
  if (takes?.argument !== undefined) return takes.argument;
  try {
    argument('');
    return 'none';
  } catch {
    return 'required';
  }
}
