import type { Player } from './player.ts';
import type { Step } from './steps.ts';
import { disposablesOf } from './stock.ts';

type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

/** Who has one is done with it. */
export function release(player: Player, { how, which }: StepOf<'release'>): void {
  const present = [...player.held.values()].filter(({ mayGo }) => !mayGo);
  const held = present[which % Math.max(present.length, 1)];
  if (held === undefined) return;
  held.mayGo = true;
  player.count('released');
  if (how === 'crash') player.world.machine.end(held.uuid);
  else player.begin({ service: `admin.vm.${how}`, destination: held.name });
}

/** Something is done to one that nobody has. */
export function touch(player: Player, { how, which }: StepOf<'touch'>): void {
  const waiting = disposablesOf(player.world).filter(({ uuid }) => !player.held.has(uuid));
  const qube = waiting[which % Math.max(waiting.length, 1)];
  if (qube === undefined) return;
  player.count(`touched: ${how}`);
  if (how === 'Pause' || how === 'Unpause') player.touched.add(qube.uuid);
  else player.killed.add(qube.uuid);
  if (how === 'crash') player.world.machine.end(qube.uuid);
  else player.begin({ service: `admin.vm.${how}`, destination: qube.name });
}

/** A feature or a property is set, or taken away. */
export function change(player: Player, step: StepOf<'feature' | 'property'>): void {
  const { qube, name, value } = step;
  const kind = step.do === 'feature' ? 'vm.feature' : qube === 'dom0' ? 'property' : 'vm.property';
  // How much is to be left, or how much one takes, may be another amount by then.
  player.starts.disturb();
  const verb = value !== undefined ? 'Set' : step.do === 'feature' ? 'Remove' : 'Reset';
  const service = `admin.${kind}.${verb}`;
  player.begin({ service, argument: name, destination: qube, payload: value ?? '' });
}

export function resize(player: Player, { qube: destination }: StepOf<'resize'>): void {
  const size = player.world.find(destination)?.volumes.get('private')?.get('size');
  if (size === undefined) return;
  const payload = String(Number(size) + 4096);
  player.begin({ service: 'admin.vm.volume.Resize', argument: 'private', destination, payload });
}

/** Starts a template, and shuts it down a little later. */
export function renew(player: Player, { qube: destination }: StepOf<'renew'>): void {
  const { host } = player.world;
  void host.ask({ service: 'admin.vm.Start', destination }).then(async ({ error }) => {
    if (error === undefined) await host.ask({ service: 'admin.vm.Shutdown', destination });
    player.count(`renewed: ${error ?? 'done'}`);
  });
}
