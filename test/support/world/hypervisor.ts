import { QubesException } from '../../../lib/base/admin-error.ts';
import { MemoryBook } from '../../../lib/hypervisor/memory-book.ts';
import { adminFacts, HALTED } from '../../../lib/hypervisor/domain-facts.ts';
import type { Hypervisor } from '../../../lib/hypervisor/hypervisor.ts';
import type { Life } from './life.ts';
import type { WorldDomain, WorldMachine } from './machine.ts';

const ADMIN_UUID = '00000000-0000-0000-0000-000000000000';
const KIB = 1024;

/** What the machine does is done also when the host is gone that has asked for it. */
const BY_MACHINE = { outlives: true } as const;

/** The machine of a world as one run of a host has it. */
export function hypervisorOf(machine: WorldMachine, life: Life): Hypervisor {
  const promises = new MemoryBook();
  const known = (uuid: string): WorldDomain => {
    const domain = machine.domains.get(uuid);
    if (domain === undefined) throw new QubesException(`There is no running domain ${uuid}`);
    return domain;
  };
  const requireAwake = ({ name, state }: WorldDomain, what: string): void => {
    if (state === 'Running' || state === 'Transient') return;
    throw new QubesException(`The domain ${name} cannot be ${what}: it is ${state}`);
  };
  return {
    host: machine.host,
    pciDevices: [],
    get version() {
      return machine.version;
    },
    domain: (uuid) => {
      if (uuid === ADMIN_UUID) return adminFacts(machine.host);
      const domain = machine.domains.get(uuid);
      if (domain === undefined) return HALTED;
      const { state, xid, startTime, memoryMiB, maxMemoryMiB } = domain;
      const memoryKiB = memoryMiB * KIB;
      const memoryMaxKiB = maxMemoryMiB * KIB;
      return { state, xid, startTime, memoryKiB, memoryMaxKiB, cpuTimeNs: 0 };
    },
    reserveMemory: async (uuid, memoryMiB) => {
      const promised = promises.promisedTo((one) => machine.domains.has(one));
      return machine.freeMiB - promised < memoryMiB ? undefined : promises.promise(uuid, memoryMiB);
    },
    create: (definition) =>
      life.do('create', () => {
        if (machine.domains.has(definition.uuid)) throw new QubesException('It runs already');
        machine.add(definition);
      }),
    unpause: async (uuid) => {
      const domain = known(uuid);
      const isFirst = !domain.hasRun;
      if (isFirst) {
        domain.hasRun = true;
        machine.become(domain, 'Transient', 'unpaused');
      }
      await life.do(
        'unpause',
        async () => {
          if (isFirst) await machine.upOf(domain);
          if (machine.domains.get(uuid) !== domain) throw new QubesException('It has ended');
          if (domain.state === 'Transient') machine.become(domain, 'Running');
          if (domain.state === 'Paused' && !isFirst) machine.become(domain, 'Running', 'unpaused');
        },
        BY_MACHINE,
      );
    },
    pause: (uuid) =>
      life.do(
        'pause',
        () => {
          const domain = known(uuid);
          if (domain.state === 'Paused') return;
          requireAwake(domain, 'paused');
          machine.become(domain, 'Paused', 'paused');
        },
        BY_MACHINE,
      ),
    suspend: (uuid) =>
      life.do(
        'suspend',
        () => {
          const domain = known(uuid);
          if (domain.state === 'Suspended') return true;
          requireAwake(domain, 'suspended');
          machine.become(domain, 'Suspended', 'suspended');
          return true;
        },
        BY_MACHINE,
      ),
    wake: async (uuid) => {
      const domain = known(uuid);
      if (domain.state === 'Suspended') machine.become(domain, 'Running', 'unpaused');
    },
    shutdown: (uuid) =>
      life.do('shutdown', () => {
        const domain = known(uuid);
        if (domain.state !== 'Running' && domain.state !== 'Transient') return;
        machine.shutDown(domain);
      }),
    destroy: (uuid) => life.do('destroy', () => machine.end(uuid), BY_MACHINE),
    forget: () => Promise.resolve(),
    attach: async (uuid, device) => {
      const domain = known(uuid);
      domain.devices = [...domain.devices, device];
    },
    detach: async (uuid, device) => {
      const domain = known(uuid);
      domain.devices = domain.devices.filter((one) => one !== device);
    },
    attached: (uuid) => machine.domains.get(uuid)?.devices ?? [],
    console: () => Promise.resolve('/dev/null'),
    use: () =>
      [...machine.domains.values()].map(({ uuid, memoryMiB, vcpus }) => ({
        uuid,
        memoryKiB: memoryMiB * KIB,
        cpuTimeNs: 0,
        vcpus,
      })),
    watch: (listener) => {
      const end = machine.watch((uuid, change) => {
        if (!life.isOver) listener(uuid, change);
      });
      life.whenOver(end);
      return end;
    },
  };
}
