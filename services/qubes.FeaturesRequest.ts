import { requestFeatures } from '../lib/model/features-request.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

const PREFIX = '/features-request/';

export const services: readonly AdminService[] = [
  {
    api: 'misc',
    destination: 'dom0',
    access: undefined,
    name: 'qubes.FeaturesRequest',
    summary: `Takes over those features that the caller's QubesDB asks for below \`${PREFIX}\` and that a qube may set itself.`,
    argument: 'none',
    payload: 'none',
    async handle(call) {
      const { app, source } = call;
      const untrusted = new Map<string, string>();
      const database = await app.qubesdb.open(source.name);
      for (const path of (await database?.list(PREFIX)) ?? []) {
        const value = await database?.read(path);
        if (value !== undefined) untrusted.set(path.slice(PREFIX.length), toText(value));
      }
      return saveChange(call, () => requestFeatures(source, untrusted));
    },
  },
];

/** Byte by byte: only ASCII is accepted later. */
function toText(untrusted: Uint8Array): string {
  return Buffer.from(untrusted).toString('latin1');
}
