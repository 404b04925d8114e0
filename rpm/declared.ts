import { declaredServices } from '../docs/declarations.ts';
import type { ServiceFacts } from '../lib/rpc/service.ts';
import type { PackageName } from './entry.ts';

/** A service as it is packaged. */
export interface PackagedService {
  readonly name: string;
  /** Whether qrexec calls it on Qubes OS; if not, only embedded systems have it. */
  readonly isCalled: boolean;
  readonly packages: readonly PackageName[];
}

/** Those of a qube that dom0 has, too: an archive may lie there. */
const OF_DOM0_TOO = ['qubes.RegisterBackupLocation', 'qubes.RestoreById'];

/** What the declarations say about packaging. */
export async function packagedServices(): Promise<readonly PackagedService[]> {
  const { admin, streams } = await declaredServices();
  return [
    // Programs of dom0 call what is internal, on its socket.
    ...admin.map(({ name, api }) => packaged(name, api !== 'internal', ['dom0'])),
    ...streams.map((service) => packaged(service.name, true, packagesOf(service))),
  ];
}

function packaged(
  name: string,
  isCalled: boolean,
  packages: readonly PackageName[],
): PackagedService {
  return { name, isCalled, packages };
}

function packagesOf({ name }: ServiceFacts): readonly PackageName[] {
  if (name.startsWith('admin.')) return ['dom0'];
  return OF_DOM0_TOO.includes(name) ? ['vm', 'dom0'] : ['vm'];
}
