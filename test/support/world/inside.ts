import { QubesException } from '../../../lib/base/admin-error.ts';
import type { QubeServices } from '../../../lib/base/qube-services.ts';
import type { MemoryManager } from '../../../lib/hypervisor/memory-manager.ts';
import type { Life } from './life.ts';
import type { WorldDomain, WorldMachine } from './machine.ts';

const MIB = 1024 * 1024;

/** What moves memory in a world, as one run of a host has it. */
export function memoryOf(machine: WorldMachine, life: Life): MemoryManager {
  return {
    available: () =>
      life.do('available', () => {
        return Math.max(0, machine.freeMiB) * MIB;
      }),
    shrink: (xid, signal) => {
      const domain = [...machine.domains.values()].find((one) => one.xid === xid);
      const work = (): void => {
        if (domain !== undefined && machine.domains.get(domain.uuid) === domain) {
          machine.shrink(domain);
        }
      };
      return life.do('shrink', work, { outlives: true, until: abortOf(signal) });
    },
    watch: (listener) => {
      const end = machine.watchMemory(() => {
        if (!life.isOver) listener();
      });
      life.whenOver(end);
      return end;
    },
  };
}

/**
 * Services in running qubes: one that stands still answers when it goes on.
 * @param onCall is told of each: `QUBE SERVICE`
 */
export function servicesOf(
  machine: WorldMachine,
  life: Life,
  onCall: (call: string) => void,
): QubeServices {
  return {
    call: async (qube, service, signal) => {
      onCall(`${qube} ${service}`);
      const domain = [...machine.domains.values()].find(({ name }) => name === qube);
      if (domain === undefined || !domain.hasRun) throw new QubesException(`${qube} does not run`);
      const { ended, stop } = endOf(machine, domain);
      const until = Promise.race([ended, abortOf(signal)]);
      until.catch(() => undefined);
      try {
        await life.do('service', () => Promise.race([servingOf(machine, domain), until]), {
          until,
        });
      } finally {
        stop();
      }
    },
  };
}

async function servingOf(machine: WorldMachine, domain: WorldDomain): Promise<void> {
  await awakeOf(machine, domain);
  await machine.servingOf(domain);
}

function awakeOf(machine: WorldMachine, domain: WorldDomain): Promise<void> {
  if (domain.state === 'Running' || domain.state === 'Transient') return Promise.resolve();
  return new Promise((resolve) => {
    const stop = machine.watch((uuid, change) => {
      if (uuid !== domain.uuid || change !== 'unpaused') return;
      stop();
      resolve();
    });
  });
}

function endOf(
  machine: WorldMachine,
  domain: WorldDomain,
): { readonly ended: Promise<never>; readonly stop: () => void } {
  let stop = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = machine.watch((uuid, change) => {
      if (uuid !== domain.uuid || change !== 'stopped') return;
      reject(new QubesException(`${domain.name} has ended`));
    });
  });
  ended.catch(() => undefined);
  return { ended, stop };
}

function abortOf(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => {
      const { reason } = signal as { readonly reason: unknown };
      reject(reason instanceof Error ? reason : new Error('It was aborted'));
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}
