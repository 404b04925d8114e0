import { isPaused } from '../../../lib/model/running.ts';
import { preloadDelay } from '../../../lib/model/preload/preload-features.ts';
import { templateForDispvms } from '../../../lib/model/properties/template-for-dispvms.ts';
import { templateOf } from '../../../lib/model/properties/template.ts';
import type { Qube } from '../../../lib/model/qube.ts';
import type { WorldReply } from '../../support/world/host.ts';
import type { Player } from './player.ts';
import { kindOf, type Request } from './request.ts';
import { isSavedInList, savedText } from './saved-stock.ts';
import type { SavedQube } from './saved-stock.ts';
import {
  disposablesOf,
  hasMemory,
  isComplete,
  listOf,
  outdatedBy,
  stateOf,
  supportsStock,
  templatesOf,
  wantedOf,
} from './stock.ts';

/** With these a request may end although nothing has failed: its template goes or changes meanwhile. */
const REFUSALS = [
  'Refusing to create disposable',
  'has no default template',
  'needs to be an AppVM with template_for_dispvms=True',
  'needs to have template_for_dispvms=True',
  'non-existing qube',
  'No such domain',
  'No template of',
];

/** What must hold of a list at the moment it changes. */
export function checkList(player: Player, template: Qube, before: readonly string[]): void {
  const { world } = player;
  const names = listOf(template);
  const say = (what: string): void =>
    player.complain(`${template.name} lists ${names.join(' ')}: ${what}`);
  if (new Set(names).size < names.length) say('one of them twice');
  for (const name of names) {
    const qube = world.find(name);
    if (qube === undefined || templateOf(qube) !== template) say(`${name} is none of its own`);
    if (qube !== undefined && player.held.has(qube.uuid)) say(`${name} is somebody's`);
  }
  const isShrinking = names.length < before.length;
  if (names.length > wantedOf(world, template) && !isShrinking) {
    say(`more than ${wantedOf(world, template)}`);
  }
}

/** What must hold at any time, between the steps of those who come from outside. */
export function checkAlways(player: Player): void {
  const { world } = player;
  const listed = new Set<string>();
  for (const template of templatesOf(world)) {
    for (const name of listOf(template)) {
      if (listed.has(name)) player.complain(`${name} is listed twice`);
      listed.add(name);
      const qube = world.find(name);
      if (qube === undefined) player.complain(`${name} is listed, and is not there`);
      else if (!qube.features.isOn('internal')) player.complain(`${name} waits, and is shown`);
      else if (templateOf(qube) !== template) player.complain(`${name} is not of ${template.name}`);
    }
  }
  for (const { name, uuid, mayGo, isStarting } of player.held.values()) {
    const qube = world.find(`uuid:${uuid}`);
    if (qube !== undefined && listed.has(name))
      player.complain(`${name} is listed, and is somebody's`);
    if (qube === undefined && !mayGo && !isStarting)
      player.complain(`${name} is gone, and somebody has it`);
  }
  for (const fault of world.faults) {
    player.complain(`A fault: ${fault instanceof Error ? (fault.stack ?? '') : String(fault)}`);
  }
}

/** What must hold of the answer to a request. */
export function checkDelivery(
  player: Player,
  request: Request,
  { error, content }: WorldReply,
  qube: Qube | undefined,
): void {
  const { world } = player;
  if (error !== undefined) {
    const isRefused = REFUSALS.some((refusal) => content.includes(refusal));
    const hasReason = isRefused || player.failures > request.failures || player.hasTrouble;
    if (!hasReason) player.complain(`A request ended with ${error}: ${content}`);
    return;
  }
  if (qube === undefined) {
    player.complain(`${content} was handed over, and is not there`);
    return;
  }
  if (player.held.has(qube.uuid)) player.complain(`${content} answers two`);
  if (request.outdated.has(qube.uuid))
    player.complain(`${content} is outdated: ${outdatedBy(world, qube) ?? ''}`);
  const template = templateOf(qube);
  const isShown = !qube.features.isOn('internal') || template?.features.isOn('internal') === true;
  if (!isShown) player.complain(`${content} is handed over, and hidden`);
  if (template !== undefined && listOf(template).includes(content)) {
    player.complain(`${content} is handed over, and listed`);
  }
  if (isPaused(qube) && !player.isAsleep && !player.touched.has(qube.uuid)) {
    player.complain(`${content} is handed over, and stands still`);
  }
  const { step, ready, outdated, isAlone } = request;
  const usable = [...ready].filter((uuid) => {
    const one = world.find(`uuid:${uuid}`);
    return !outdated.has(uuid) && one !== undefined && templateOf(one) === template;
  });
  // Nothing else has happened since.
  const isUndisturbed = isAlone && step === player.step && player.failures === request.failures;
  if (isUndisturbed && usable.length > 0 && kindOf(request, qube) !== 'ready') {
    player.complain(`${content} was made although another one was ready`);
  }
  const onDisk = savedText(world.saved, content);
  if (onDisk === undefined) {
    player.complain(`${content} is handed over, and not saved`);
    return;
  }
  if (isSavedInList(world.saved, content))
    player.complain(`${content} is handed over, and listed on disk`);
  if (onDisk.includes('"preload-dispvm-in-progress">1<')) {
    player.complain(`${content} is handed over, and in progress on disk`);
  }
}

/** What must hold after a restart, before any time has passed. */
export function checkRestart(player: Player, saved: readonly SavedQube[]): void {
  const { world } = player;
  for (const { name, features } of saved) {
    const names = (features.get('preload-dispvm') ?? '').split(' ');
    const template = world.find(name);
    if (template?.find(templateForDispvms) !== true) continue;
    const usable = names.filter((one) => {
      const qube = world.find(one);
      if (qube === undefined || templateOf(qube) !== template) return false;
      return stateOf(qube) === 'Paused' && outdatedBy(world, qube) === undefined;
    });
    const complete = usable.filter((one) => {
      const found = saved.find((other) => other.name === one);
      const isOn = (feature: string): boolean => (found?.features.get(feature) ?? '') !== '';
      return isOn('preload-dispvm-completed') && !isOn('preload-dispvm-in-progress');
    });
    const kept = complete.filter((one) => listOf(template).includes(one)).length;
    if (kept < Math.min(complete.length, wantedOf(world, template))) {
      player.complain(`Of ${complete.join(' ')} only ${kept} are left after a restart`);
    }
  }
}

/** What must hold when all goes well, and nothing has happened for long. */
export function checkQuiet(player: Player): void {
  const { world } = player;
  checkAlways(player);
  if (player.requests.size > 0) player.complain(`${player.requests.size} requests have no answer`);
  for (const template of templatesOf(world)) checkStock(player, template);
  checkHeld(player);
  checkDisposables(player);
  checkMachine(player);
  if (!player.hasTrouble) checkDisk(player);
  const { timers } = world.life;
  const isRetrying = templatesOf(world).some(
    (one) => wantedOf(world, one) > 0 && !supportsStock(one),
  );
  if (timers > 0 && !isRetrying) player.complain(`${timers} timers wait for nothing`);
}

function checkStock(player: Player, template: Qube): void {
  const { world } = player;
  const names = listOf(template);
  const wanted = template.find(templateForDispvms) === true ? wantedOf(world, template) : 0;
  // Some fill their stock only when it is empty, and some cannot, but have one from before.
  const filled = preloadDelay(template) < 0 ? Math.min(wanted, 1) : wanted;
  const least = supportsStock(template) && hasMemory(world, template) ? filled : 0;
  if (names.length > wanted || names.length < least) {
    player.complain(`${template.name} has ${names.length} of ${wanted}: ${names.join(' ')}`);
  }
  for (const name of names) {
    const qube = world.find(name);
    if (qube === undefined) continue;
    if (!isComplete(qube)) player.complain(`${name} is not complete`);
    if (stateOf(qube) !== 'Paused') player.complain(`${name} is ${stateOf(qube)}`);
    const difference = outdatedBy(world, qube);
    // That is seen only when somebody asks.
    if (difference !== undefined && difference !== 'private size') {
      player.complain(`${name} is outdated: ${difference}`);
    }
  }
}

/** What somebody has goes on. */
function checkHeld(player: Player): void {
  for (const { name, uuid, mayGo } of player.held.values()) {
    const qube = player.world.find(`uuid:${uuid}`);
    if (qube === undefined || mayGo || player.touched.has(uuid)) continue;
    if (stateOf(qube) !== 'Running') player.complain(`${name} is somebody's, and ${stateOf(qube)}`);
  }
}

/** Each disposable waits or is somebody's; only lost requests leave some that nobody knows of. */
function checkDisposables(player: Player): void {
  const { world } = player;
  const listed = new Set(templatesOf(world).flatMap(listOf));
  const known = new Set([...player.held.keys(), ...player.touched]);
  const others = disposablesOf(world).filter(
    ({ name, uuid }) => !listed.has(name) && !known.has(uuid),
  );
  if (others.length > player.lost) {
    player.complain(
      `Nobody knows ${others.map((qube) => `${qube.name} (${stateOf(qube)})`).join(' ')}`,
    );
  }
  for (const qube of disposablesOf(world)) {
    if (listed.has(qube.name)) continue;
    if (qube.features.isOn('preload-dispvm-in-progress')) {
      player.complain(`${qube.name} is in progress for ever`);
    }
  }
}

function checkMachine({ world, complain }: Player): void {
  for (const { uuid, name } of world.machine.domains.values()) {
    if (world.find(`uuid:${uuid}`) === undefined) complain(`${name} runs, and is not there`);
  }
}

/** Nothing is on disk of a disposable that there is not. */
export function checkDisk({ world, complain }: Player): void {
  const folders = new Set([...world.host.app.qubes].map(({ folder }) => folder));
  const isLeft = (folder: string): boolean =>
    folder.startsWith('appvms/disp') && !folders.has(folder);
  for (const folder of world.disk.folders.keys()) {
    if (isLeft(folder)) complain(`${folder} is left on disk`);
  }
  for (const vid of world.disk.volumes.keys()) {
    if (isLeft(vid.slice(0, vid.lastIndexOf('/')))) complain(`${vid} is left on disk`);
  }
}
