import * as z from 'zod/mini';

import { pair } from './qube-facts.ts';
import { unreadable } from './reply-text.ts';

/** What a qube is doing, as `admin.vm.CurrentState` tells. */
export interface QubeState {
  /** `Halted`, `Running`… */
  readonly powerState: string;
  readonly memoryKiB: number;
  readonly memoryMaxKiB: number;
  /** As the hypervisor counts it: ns with libvirt. */
  readonly cpuTime: number;
}

const METHOD = 'admin.vm.CurrentState';

const digits = z.string().check(z.regex(/^\d{1,15}$/));

const State = z.object({
  power_state: z.string().check(z.regex(/^[a-zA-Z]{1,63}$/)),
  mem: digits,
  mem_static_max: digits,
  cputime: digits,
});

/**
 * Reads `mem=409600 mem_static_max=4096000 cputime=48160 power_state=Running`.
 * @throws NeedsError
 */
export function parseQubeState(untrustedText: string): QubeState {
  const parsed = State.safeParse(Object.fromEntries(untrustedText.trimEnd().split(' ').map(pair)));
  if (!parsed.success) throw unreadable(METHOD, untrustedText);
  const { power_state, mem, mem_static_max, cputime } = parsed.data;
  return {
    powerState: power_state,
    memoryKiB: Number(mem),
    memoryMaxKiB: Number(mem_static_max),
    cpuTime: Number(cputime),
  };
}
