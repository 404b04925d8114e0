import { requestFeatures } from '../lib/model/features-request.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { LETTERS_AND_DIGITS, parseSafeText } from '../lib/rpc/safe-text.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

const PREFIX = '/qubes-tools/';
const FEATURES = ['qrexec', 'gui', 'gui-emulated', 'default-user', 'os'];

export const services: readonly AdminService[] = [
  {
    api: 'misc',
    destination: 'dom0',
    access: undefined,
    name: 'qubes.NotifyTools',
    summary: `As qubes.FeaturesRequest, from what Windows tools write below ${PREFIX}.`,
    argument: 'none',
    payload: 'none',
    async handle(call) {
      const { app, source } = call;
      const untrusted = new Map<string, string>();
      const database = await app.qubesdb.open(source.name);
      for (const feature of FEATURES) {
        const value = await database?.read(`${PREFIX}${feature}`);
        if (value === undefined || value.length === 0) continue;
        untrusted.set(feature, parseSafeText(value, LETTERS_AND_DIGITS));
      }
      return saveChange(call, () => requestFeatures(source, untrusted));
    },
  },
];
