import { QubesException, QubesVMNotRunningError } from '../../base/admin-error.ts';
import { audiovm } from '../properties/local.ts';
import { withQubesDb } from '../qubesdb-of.ts';
import type { DeviceClass } from './device-class.ts';
import { withoutOptions } from './device-class.ts';
import { isRunning } from '../running.ts';

const PORT = 'mic';
/** In the QubesDB of the qube that plays sound: whether another one may record. */
const CONFIG = '/audio-input-config';

/** The microphone: one, of dom0, switched by the qube that plays the sound of the one that records. */
export const MIC: DeviceClass = {
  name: 'mic',
  comesWithDomain: false,
  attachesLater: true,
  async available({ className, name }) {
    if (className !== 'AdminVM') return [];
    return [
      {
        deviceClass: MIC.name,
        backend: name,
        port: PORT,
        device: `${name}:${PORT}::m000000`,
        product: 'microphone',
        manufacturer: 'build-in',
        interfaces: ['m000000'],
      },
    ];
  },
  prepare(qube, _device, options) {
    const player = qube.find(audiovm) ?? null;
    if (player === null) throw new QubesException(`VM ${qube.name} has no AudioVM set`);
    if (!isRunning(player)) {
      throw new QubesVMNotRunningError(`Audio VM ${player.name} isn't running`);
    }
    return withoutOptions(options);
  },
  async connected(qube, isAttached) {
    const player = qube.find(audiovm) ?? null;
    if (player === null) return;
    await withQubesDb(player, (database) =>
      database.write(`${CONFIG}/${qube.name}`, isAttached ? '1' : '0'),
    );
  },
};
