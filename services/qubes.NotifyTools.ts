import { ProtocolError } from '../lib/base/admin-error.ts';
import { requestFeatures } from '../lib/model/features-request.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

const PREFIX = '/qubes-tools/';
const FEATURES = ['qrexec', 'gui', 'gui-emulated', 'default-user', 'os'];
const SAFE_VALUE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export const services: readonly AdminService[] = [
  {
    api: 'misc',
    destination: 'dom0',
    access: undefined,
    name: 'qubes.NotifyTools',
    summary: `As qubes.FeaturesRequest, from what Windows tools write below \`${PREFIX}\`.`,
    argument: 'none',
    payload: 'none',
    async handle(call) {
      const { app, source } = call;
      const claimed = new Map<string, string>();
      const database = await app.qubesdb.open(source.name);
      for (const feature of FEATURES) {
        const untrusted = await database?.read(`${PREFIX}${feature}`);
        if (untrusted !== undefined && untrusted.length > 0) claimed.set(feature, parse(untrusted));
      }
      return saveChange(call, () => requestFeatures(source, claimed));
    },
  },
];

/** @throws ProtocolError */
function parse(untrusted: Uint8Array): string {
  const text = Buffer.from(untrusted).toString('latin1');
  if (/^[a-zA-Z0-9]*$/.test(text)) return text;
  throw new ProtocolError(`Value outside safe set: ${SAFE_VALUE}`);
}
