import { templateOf } from '../../../lib/model/properties/template.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import { checkDelivery } from './invariants.ts';
import type { Held, Player } from './player.ts';
import { kindOf, type Request } from './request.ts';
import { isComplete, listOf, outdatedBy, stateOf, templatesOf } from './stock.ts';

/** Somebody asks for a disposable, and uses what comes. */
export async function askForOne(player: Player, source: string, template?: string): Promise<void> {
  const { world } = player;
  const request = newRequest(player);
  player.requests.add(request);
  const destination = template ?? 'dom0';
  const reply = await world.ask({ service: 'admin.vm.CreateDisposable', source, destination });
  player.requests.delete(request);
  if (reply.error !== undefined) {
    player.count(`request: ${reply.error}`);
    checkDelivery(player, request, reply, undefined);
    return;
  }
  const qube = world.find(reply.content);
  checkDelivery(player, request, reply, qube);
  if (qube === undefined) return;
  player.count(`handed over: ${kindOf(request, qube)}`);
  await use(player, qube);
}

function newRequest({ world, failures, step, requests }: Player): Request {
  const waiting = templatesOf(world).flatMap((one) =>
    listOf(one).flatMap((name) => world.find(name) ?? []),
  );
  const uuidsOf = (qubes: readonly Qube[]): Set<string> => new Set(qubes.map(({ uuid }) => uuid));
  const ready = waiting.filter((qube) => isComplete(qube) && stateOf(qube) === 'Paused');
  return {
    begun: world.clock.now(),
    outdated: uuidsOf(waiting.filter((qube) => outdatedBy(world, qube) !== undefined)),
    ready: uuidsOf(ready),
    starting: uuidsOf(waiting.filter((qube) => !ready.includes(qube))),
    failures,
    step,
    isAlone: requests.size === 0,
  };
}

/** It is somebody's from now on, and started if it does not run. */
async function use({ world, held, killed }: Player, qube: Qube): Promise<void> {
  const one: Held = {
    name: qube.name,
    uuid: qube.uuid,
    template: templateOf(qube)?.name ?? '',
    mayGo: killed.has(qube.uuid),
    isStarting: stateOf(qube) === 'Halted',
  };
  held.set(one.uuid, one);
  if (!one.isStarting) return;
  // One that cannot be started goes.
  const started = await world.ask({ service: 'admin.vm.Start', destination: qube.name });
  one.isStarting = false;
  if (started.error !== undefined) one.mayGo = true;
}
