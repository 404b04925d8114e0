import type { AdminService } from '../lib/rpc/admin-service.ts';
import { systemInfo } from '../lib/rpc/system-info.ts';

/** For programs of dom0 only: policy does not govern them. */
const INTERNAL = { api: 'internal', destination: 'dom0', access: undefined } as const;

export const services: readonly AdminService[] = [
  {
    ...INTERNAL,
    name: 'internal.GetSystemInfo',
    summary: 'What policy and the GUI have to know of all qubes, in JSON.',
    argument: 'none',
    payload: 'none',
    handle: ({ app }) => systemInfo(app),
  },
  {
    ...INTERNAL,
    name: 'internal.SuspendPre',
    summary: 'Prepares the qubes for the machine going to sleep.',
    argument: 'none',
    payload: 'none',
    // Nothing runs in an embedded system yet.
    handle: () => undefined,
  },
  {
    ...INTERNAL,
    name: 'internal.SuspendPost',
    summary: 'Wakes the qubes after the machine has slept.',
    argument: 'none',
    payload: 'none',
    handle: () => undefined,
  },
];
