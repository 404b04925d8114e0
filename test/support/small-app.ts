import { App } from '../../lib/model/app.ts';
import { ADMIN_VM } from '../../lib/model/classes/admin-vm.ts';
import { STANDALONE_VM } from '../../lib/model/classes/standalone-vm.ts';
import { Qube } from '../../lib/model/qube.ts';

const refuse = (): never => {
  throw new Error('The tests of the wire need no storage');
};

/** UUID of the qube `work` of `smallApp`. */
export const WORK_UUID = '00000000-0000-4000-8000-000000000001';

/** A system without a disk: dom0, and the halted qubes `work` and `vault`. */
export function smallApp(): App {
  const app = new App({
    hypervisor: {
      host: { memoryKiB: 4096 * 1024, cpus: 2, adminMemoryMiB: 4096, balancesMemory: true },
      domain: () => ({
        state: 'Halted',
        xid: -1,
        startTime: undefined,
        memoryKiB: 0,
        memoryMaxKiB: 0,
        cpuTimeNs: 0,
      }),
    },
    storage: {
      folder: '/var/lib/qubes',
      createQube: refuse,
      removeQube: refuse,
      readText: refuse,
      writeText: refuse,
      kernel: () => undefined,
    },
    qubesdb: { open: async () => undefined },
  });
  app.add(listed(new Qube(app, ADMIN_VM)));
  for (const [index, name] of ['work', 'vault'].entries()) {
    const qube = new Qube(app, STANDALONE_VM);
    qube.put('name', name);
    qube.put('qid', index + 1);
    qube.put('uuid', `${WORK_UUID.slice(0, -1)}${index + 1}`);
    app.add(listed(qube));
  }
  app.loaded();
  return app;
}

function listed(qube: Qube): Qube {
  qube.presence = 'listed';
  return qube;
}
