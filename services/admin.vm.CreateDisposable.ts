import { PermissionDenied, ProtocolError, QubesException } from '../lib/base/admin-error.ts';
import { requireOfDisposables } from '../lib/model/create-qube.ts';
import { provideDisposable } from '../lib/model/preload/provide-disposable.ts';
import { keeperOf } from '../lib/model/preload/registry.ts';
import { defaultDispvm } from '../lib/model/properties/local.ts';
import type { Qube } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';

export const services: readonly AdminService[] = [
  {
    ...CHANGES_SYSTEM,
    destination: 'either',
    name: 'admin.vm.CreateDisposable',
    summary:
      "Creates a disposable of a template, or on dom0 of the caller's default one, and names it; with the payload `uuid` by its UUID. `preload` has the template fill its stock.",
    argument: 'optional',
    payload: 'optional',
    async handle(call) {
      const isForStock = parseArgument(call.argument);
      const wantsUuid = parsePayload(call.untrustedPayload);
      const template = templateFor(call);
      requirePermission(call);
      if (template === null) {
        throw new QubesException(`${call.source.name} has no default template of disposables`);
      }
      if (isForStock) {
        requireOfDisposables(template);
        await keeperOf(template)?.start('autostart was requested');
        return undefined;
      }
      const { name, uuid } = await provideDisposable(call.app, template, call.source);
      return wantsUuid ? `uuid:${uuid}` : name;
    },
  },
];

function parseArgument(argument: string): boolean {
  if (argument === '' || argument === 'preload') return argument === 'preload';
  throw new PermissionDenied(`Argument not in "'', 'preload'"`);
}

function parsePayload(untrusted: Uint8Array): boolean {
  const text = Buffer.from(untrusted).toString('latin1');
  if (text === '' || text === 'uuid') return text === 'uuid';
  throw new ProtocolError("Invalid payload, expected empty string or 'uuid'");
}

function templateFor({ app, source, destination }: AdminCall): Qube | null {
  if (destination !== app.qubes.admin) return destination;
  return source.find(defaultDispvm) ?? null;
}
