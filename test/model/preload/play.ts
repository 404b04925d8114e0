import { settled } from '../../support/fake-clock.ts';
import { preloadWorld } from '../../support/preload-world.ts';
import { checkAlways, checkDisk, checkQuiet } from './invariants.ts';
import { reboot, restart, sleep, wake } from './play-machine.ts';
import { change, release, renew, resize, touch } from './play-people.ts';
import { askForOne } from './play-request.ts';
import { Player, type Tally } from './player.ts';
import type { History, Step } from './steps.ts';

const MINUTE_MS = 60_000;
/** After so long all has come to its end that can. */
const QUIET_MINUTES = 90;

/** What goes on while the machine sleeps. */
const ASLEEP: readonly Step['do'][] = ['pass', 'wake', 'kill', 'mishap', 'heal'];

/** Plays a history in a world of its own, and checks after each step what must always hold. */
export async function play({ durations, steps }: History, tally: Tally): Promise<void> {
  const world = await preloadWorld();
  const player = new Player(world, tally);
  world.trouble.durations = durations;
  for (const step of steps) {
    if (world.life.isOver) await restart(player);
    player.count(step.do);
    player.step++;
    if (!player.isAsleep || ASLEEP.includes(step.do)) await take(player, step);
    await settled();
    if (!world.life.isOver) checkAlways(player);
    player.requireNoComplaint();
  }
  await becomeQuiet(player);
  checkQuiet(player);
  player.requireNoComplaint();
  // Files that a failure or a killed host has left go with the start of the next one.
  if (player.hasTrouble) await restart(player);
  await world.pass(MINUTE_MS);
  checkDisk(player);
  player.requireNoComplaint();
  if (player.failures > 0) player.count('failed');
}

/** Everything goes well from now on, and time passes until nothing happens any more. */
async function becomeQuiet(player: Player): Promise<void> {
  const { world } = player;
  world.trouble.heal();
  world.life.killAfter(Infinity);
  if (world.life.isOver) await restart(player);
  world.machine.pressureMiB = 0;
  await wake(player);
  await world.pass(QUIET_MINUTES * MINUTE_MS);
}

/** Takes one step: what is asked of the host is not waited for. */
async function take(player: Player, step: Step): Promise<void> {
  const { world } = player;
  switch (step.do) {
    case 'request':
      void askForOne(player, step.source, step.template);
      break;
    case 'release':
      release(player, step);
      break;
    case 'touch':
      touch(player, step);
      break;
    case 'feature':
    case 'property':
      change(player, step);
      break;
    case 'resize':
      resize(player, step);
      break;
    case 'renew':
      renew(player, step);
      break;
    case 'remove':
      player.begin({ service: 'admin.vm.Remove', destination: step.qube });
      break;
    case 'stock': {
      const destination = step.template ?? 'dom0';
      player.begin({ service: 'admin.vm.CreateDisposable', argument: 'preload', destination });
      break;
    }
    case 'mishap':
      player.hasTrouble = true;
      player.starts.disturb();
      world.trouble.add(step.mishap);
      break;
    case 'heal':
      world.trouble.heal();
      break;
    case 'pressure':
      player.hasTrouble = true;
      world.machine.pressureMiB = step.mib;
      player.starts.disturb();
      break;
    case 'sleep':
      sleep(player);
      break;
    case 'wake':
      return wake(player);
    case 'pass':
      return world.pass(step.ms);
    case 'kill':
      player.hasTrouble = true;
      world.life.killAfter(step.after);
      break;
    case 'restart':
      return restart(player);
    case 'reboot':
      return reboot(player);
  }
}
