import { checkRestart } from './invariants.ts';
import type { Player } from './player.ts';
import { savedQubes } from './saved-stock.ts';

const SECOND_MS = 1000;

/** The machine is told to sleep. */
export function sleep(player: Player): void {
  const { host } = player.world;
  player.isAsleep = true;
  player.toSleep = host;
  void host.ask({ service: 'internal.SuspendPre' }).then(() => {
    player.suspended = host;
  });
}

/** A machine does not wake before it sleeps. */
export async function wake(player: Player): Promise<void> {
  const { world } = player;
  if (!player.isAsleep) return;
  const asked = player.toSleep;
  while (player.suspended !== asked && asked?.life.isOver === false) await world.pass(SECOND_MS);
  if (world.life.isOver) await restart(player);
  player.isAsleep = false;
  player.suspended = undefined;
  player.begin({ service: 'internal.SuspendPost' });
}

/** The host is killed, and there is another one. */
export async function restart(player: Player): Promise<void> {
  const { world } = player;
  world.life.kill();
  player.count('host killed');
  loseRequests(player);
  const before = savedQubes(world.savedStore());
  await world.restart();
  checkRestart(player, before);
}

export async function reboot(player: Player): Promise<void> {
  player.world.life.kill();
  player.count('machine rebooted');
  loseRequests(player);
  player.isAsleep = false;
  for (const held of player.held.values()) held.mayGo = true;
  await player.world.reboot();
}

function loseRequests(player: Player): void {
  player.hasTrouble = true;
  player.lost += player.requests.size;
  player.requests.clear();
  // A start that broke off is taken back.
  for (const held of player.held.values()) if (held.isStarting) held.mayGo = true;
}
