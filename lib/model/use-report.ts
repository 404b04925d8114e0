import type { DomainUse } from '../hypervisor/hypervisor.ts';
import type { EventPayload } from './events.ts';
import type { Qube, System } from './qube.ts';

/** What one qube uses, in the words of the event `vm-stats`. */
export interface QubeUse {
  readonly qube: Qube;
  readonly facts: EventPayload;
}

interface Sample {
  readonly cpuTimeNs: number;
  /** Milliseconds, by the clock of the caller. */
  readonly at: number;
}

/** Reports the use of the machine again and again: the share of the processors is that since the last report. */
export class UseReport {
  readonly #system: System;
  #before: ReadonlyMap<string, Sample> = new Map();

  constructor(system: System) {
    this.#system = system;
  }

  /**
   * All running qubes, dom0 first.
   * @param at now, in milliseconds, by a clock that never goes back
   */
  take(at: number): readonly QubeUse[] {
    const uses = this.#uses();
    const reports = uses.flatMap((use) => {
      const qube = this.#system.qubes.find(`uuid:${use.uuid}`);
      return qube === undefined ? [] : [{ qube, facts: this.#factsOf(use, at) }];
    });
    this.#before = new Map(uses.map(({ uuid, cpuTimeNs }) => [uuid, { cpuTimeNs, at }]));
    return reports;
  }

  #uses(): readonly DomainUse[] {
    const { hypervisor, qubes } = this.#system;
    const { uuid } = qubes.admin;
    const { memoryKiB, cpuTimeNs } = hypervisor.domain(uuid);
    const others = hypervisor.use().filter((use) => use.uuid !== uuid);
    return [{ uuid, memoryKiB, cpuTimeNs, vcpus: hypervisor.host.cpus }, ...others];
  }

  #factsOf({ uuid, memoryKiB, cpuTimeNs, vcpus }: DomainUse, at: number): EventPayload {
    const memory = Math.floor(memoryKiB);
    return {
      memory_kb: memory,
      memory_assigned_total: memory,
      memory_assigned_usable: memory,
      memory_with_swap_used: memory,
      cpu_time: Math.floor(cpuTimeNs / 1e6),
      cpu_usage: usage(this.#before.get(uuid), { cpuTimeNs, at }, vcpus),
      online_vcpus: vcpus,
    };
  }
}

/** Per cent of its processors; 0 where nothing is known of before, also after a restart. */
function usage(before: Sample | undefined, now: Sample, vcpus: number): number {
  if (before === undefined || now.at <= before.at || vcpus <= 0) return 0;
  const share = (now.cpuTimeNs - before.cpuTimeNs) / 1e6 / (now.at - before.at);
  return Math.max(0, Math.floor((100 * share) / vcpus));
}
