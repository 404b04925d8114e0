import type { Domain } from './domain.ts';
import type { DomainFacts, DomainUse, HostFacts } from './hypervisor.ts';

const KIB = 1024;

/** In an embedded qube nothing is executed. */
const NO_CPU_TIME = 0;

/** Of a qube that does not run. */
export const HALTED: DomainFacts = {
  state: 'Halted',
  xid: -1,
  startTime: undefined,
  memoryKiB: 0,
  memoryMaxKiB: 0,
  cpuTimeNs: NO_CPU_TIME,
};

/** Of dom0, which runs as long as its machine does. */
export function adminFacts({ adminMemoryMiB }: HostFacts): DomainFacts {
  const memoryKiB = adminMemoryMiB * KIB;
  return { ...HALTED, state: 'Running', xid: 0, memoryKiB, memoryMaxKiB: memoryKiB };
}

/** What a domain has of the machine's memory. */
export function takenMiB({ memoryMiB, keptMiB = memoryMiB }: Domain): number {
  return keptMiB;
}

export function factsOf(domain: Domain): DomainFacts {
  const { state, xid, startTime } = domain;
  return {
    state,
    xid,
    startTime,
    memoryKiB: takenMiB(domain) * KIB,
    memoryMaxKiB: domain.maxMemoryMiB * KIB,
    cpuTimeNs: NO_CPU_TIME,
  };
}

export function useOf(domain: Domain): DomainUse {
  const { uuid, vcpus } = domain;
  return { uuid, memoryKiB: takenMiB(domain) * KIB, cpuTimeNs: NO_CPU_TIME, vcpus };
}
