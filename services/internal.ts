import { resumeAll, suspendAll } from '../lib/model/power/suspend-all.ts';
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
    summary: 'Sends all running qubes to sleep before the machine does.',
    argument: 'none',
    payload: 'none',
    async handle({ app }) {
      await suspendAll(app);
      return undefined;
    },
  },
  {
    ...INTERNAL,
    name: 'internal.SuspendPost',
    summary: 'Wakes those qubes after the machine has slept.',
    argument: 'none',
    payload: 'none',
    async handle({ app }) {
      await resumeAll(app);
      return undefined;
    },
  },
];
