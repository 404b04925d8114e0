import { UsageError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import {
  goneServices,
  installedServices,
  type OurService,
  requireSome,
} from '../../takeover/installed-services.ts';
import type { Machine } from '../../takeover/machine.ts';
import { serviceStatus, type ServiceStatus } from '../../takeover/service-status.ts';
import { readChoice, takeOver } from '../../takeover/take-over.ts';
import type { RequestFor } from '../rpc-request.ts';
import type { RpcScreen } from '../rpc-screen.ts';

type ServicesRequest = RequestFor<'services'>;

/** `services`: which calls our services answer on a machine, and which those of others. */
export async function showOrSwitchServices(
  request: ServicesRequest,
  machine: Machine,
  screen: RpcScreen,
): Promise<void> {
  const { action } = request;
  const installed = await installedServices(machine);
  const gone = await goneServices(machine, installed, await readChoice(machine));
  const known = action === 'enable' ? installed : [...installed, ...gone];
  requireSome(machine, known);
  const chosen = choose(request, known);
  if (action !== 'status') {
    const names = chosen.map(({ name }) => name);
    await takeOver(machine, (choice) => {
      const before = choice.services;
      const services = new Set(
        action === 'enable'
          ? [...before, ...names]
          : [...before].filter((name) => !names.includes(name)),
      );
      return { ...choice, services };
    });
  }
  const choice = await readChoice(machine);
  const found = await Promise.all(chosen.map((one) => serviceStatus(machine, one, choice)));
  if (action === 'status') await tellWhatIsGone(found, screen);
  if (action === 'disable') await tellWhatStays(found, screen);
  await show(found, screen);
}

function choose(
  { names, family, all }: ServicesRequest,
  known: readonly OurService[],
): readonly OurService[] {
  const unknown = names.find((one) => !known.some(({ name }) => name === one));
  if (unknown !== undefined) {
    throw new UsageError(`No service ${printable(unknown)} of ours is installed`, {
      hint: 'See qubes-rpc services status.',
    });
  }
  if (all) return known;
  return known.filter((one) => names.includes(one.name) || family.includes(one.family));
}

/** A call passes over a link that leads nowhere, and goes to whoever is next. */
async function tellWhatIsGone(found: readonly ServiceStatus[], screen: RpcScreen): Promise<void> {
  for (const { name, isInstalled } of found) {
    if (isInstalled) continue;
    await screen.warning({
      type: 'warning',
      message: `${name} was taken over, and is not installed any more: disable it`,
    });
  }
}

/** What is disabled, and ours all the same, has nothing else to go back to. */
async function tellWhatStays(found: readonly ServiceStatus[], screen: RpcScreen): Promise<void> {
  for (const { name, inForce, takenOver } of found) {
    if (inForce !== 'ours') continue;
    const why = takenOver ? 'the host serves it' : 'nothing else on this machine has that name';
    await screen.warning({ type: 'warning', message: `${name} stays ours: ${why}` });
  }
}

async function show(found: readonly ServiceStatus[], screen: RpcScreen): Promise<void> {
  const rows = found.map(({ name, family, inForce, path, stock }) => [
    name,
    family,
    inForce,
    path ?? '',
    stock ?? '',
  ]);
  const lines = found.map(
    ({ path, stock, isInstalled, ...one }) =>
      ({
        type: 'service',
        ...one,
        installed: isInstalled,
        ...(path === undefined ? {} : { path }),
        ...(stock === undefined ? {} : { stock }),
      }) as const,
  );
  await screen.show(lines, { head: ['NAME', 'FAMILY', 'IN FORCE', 'FOUND', 'STOCK'], rows });
}
