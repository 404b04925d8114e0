import { NeedsError, reasonOf, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { App } from '../../model/app.ts';
import { STOCK_FOLDER } from '../../model/store/store-owner.ts';
import { installedServices, requireSome } from '../takeover/installed-services.ts';
import type { Machine } from '../takeover/machine.ts';
import { oneAtATime } from '../takeover/one-at-a-time.ts';
import { readChoice, takeOver } from '../takeover/take-over.ts';
import {
  canBeSaid,
  chosenSystem,
  type DropIn,
  hasDropIn,
  readDropIn,
  removeDropIn,
  replacesStock,
  socketDropIns,
  stockSocketDropIns,
  SYSTEM_DROP_IN,
  systemDropIn,
  textOf,
  writeDropIn,
} from './drop-ins.ts';
import { findOtherDaemon, requireNoneRuns, requireUnits } from './host-place.ts';
import { check, type HostSwitch, inUse } from './host-switch.ts';
import { realFolder } from './real-folder.ts';
import { isMaskedByPerson, replaceStock } from './replace-stock.ts';
import { bringBack, putInPlace, stockUnits, unitPath } from './stock-units.ts';
import { Undo } from './undo.ts';
import { SOCKET_UNITS, STOCK_UNIT } from './units.ts';

/** By `ProtectHome=` and `PrivateTmp=`. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/**
 * Has systemd serve the Admin API by our host: its sockets are opened, and all calls that it serves
 * are taken over. What fails is taken back as a whole.
 * @returns what a person has to know of it
 * @throws UsageError for a folder that it cannot have as a unit
 * @throws NeedsError when somebody else has the store, it cannot be gone on with, or systemd refuses
 */
export async function enableHost(asked: HostSwitch): Promise<readonly string[]> {
  const { machine } = asked;
  const root = await realFolder(machine, asked.root);
  requireVisible(root);
  await requireUnits(machine);
  requireSome(machine, await installedServices(machine));
  return oneAtATime(machine.at(machine.ownUnits), async () => {
    // Where that was begun before, it is gone on with.
    const replaces = asked.replacesStock || (await replacesStock(machine));
    const task = { ...asked, root, replacesStock: replaces };
    if (await hasDropIn(machine, SYSTEM_DROP_IN)) await requireSameSystem(machine, root);
    if (!(await readChoice(machine)).hasHost) {
      await requireFree(task);
      await requireNoneRuns(machine);
    }
    let app = await check(task);
    const undo = new Undo();
    try {
      app = await carryOut(task, app, undo);
    } catch (error) {
      for (const failure of await undo.all()) {
        task.log.error(`Cannot take all of it back: ${reasonOf(failure)}`);
      }
      throw error;
    }
    return remarks(task, app);
  });
}

/** @throws UsageError for a folder that a unit cannot name, or does not let the host see */
function requireVisible(root: string): void {
  if (!canBeSaid(root)) {
    throw new UsageError(`Cannot enable the host for ${printable(root)}: a unit cannot name it`);
  }
  const hidden = HIDDEN.find((folder) => `${root}/`.startsWith(`${folder}/`));
  if (hidden === undefined) return;
  throw new UsageError(
    `Cannot enable the host for ${root}: as a unit it sees nothing of ${hidden}`,
    {
      hint: 'Have the system somewhere else, such as /srv or /var/lib.',
    },
  );
}

async function requireSameSystem(machine: Machine, root: string): Promise<void> {
  const chosen = await chosenSystem(machine);
  if (chosen === root) return;
  throw new NeedsError(`Cannot enable the host for ${root}: it is for ${chosen}`, {
    hint: 'Say qubes-rpc host disable first.',
  });
}

/** A daemon that is to be replaced may still be there. */
async function requireFree(task: HostSwitch): Promise<void> {
  if (task.replacesStock) return;
  const user = (await findOtherDaemon(task.machine, task.root)) ?? (await findComing(task));
  if (user === undefined) return;
  throw inUse(user, 'A store has one owner. With --replace-qubesd, qubesd is stopped and masked.');
}

/** The daemon that the next start of the machine brings: it does not ask whether another has the store. */
async function findComing({ machine, systemd, root }: HostSwitch): Promise<string | undefined> {
  if (!(await isOfQubes(machine, root)) || !(await systemd.isEnabled(STOCK_UNIT))) return undefined;
  return `${STOCK_UNIT} starts with the machine, and has the store then`;
}

async function isOfQubes(machine: Machine, root: string): Promise<boolean> {
  return root === (await realFolder(machine, STOCK_FOLDER));
}

/** @returns the system as the host finds it */
async function carryOut(task: HostSwitch, before: App, undo: Undo): Promise<App> {
  const { machine, systemd, root } = task;
  const wasEnabled = (await readChoice(machine)).hasHost;
  const wasMasked = task.replacesStock && (await isMaskedByPerson(machine));
  const dropIns = [
    systemDropIn(root, writtenFolders(root, before)),
    ...socketDropIns(root),
    ...(task.replacesStock ? stockSocketDropIns(wasMasked) : []),
  ];
  const sockets = Object.values(SOCKET_UNITS);
  const nothing = (): Promise<void> => Promise.resolve();
  await undo.step(nothing, () => systemd.reload());
  for (const dropIn of dropIns) await putDropIn(machine, dropIn, undo);
  const after = task.replacesStock ? await replaceStock(task, wasMasked, undo) : undefined;
  const app = after ?? before;
  await putDropIn(machine, systemDropIn(root, writtenFolders(root, app)), undo);
  await undo.step(
    () => takeOver(machine, (choice) => ({ ...choice, hasHost: true })),
    () => takeOver(machine, (choice) => ({ ...choice, hasHost: wasEnabled })),
  );
  for (const { name, inForce } of await stockUnits(machine)) {
    if (inForce !== 'stock') continue;
    await undo.step(
      () => putInPlace(machine, name),
      () => bringBack(machine, name),
    );
  }
  await systemd.reload();
  await undo.step(
    () => systemd.enable(sockets),
    async () => {
      if (!wasEnabled) await systemd.disable(sockets);
    },
  );
  return app;
}

async function putDropIn(machine: Machine, dropIn: DropIn, undo: Undo): Promise<void> {
  const before = await readDropIn(machine, dropIn);
  const text = textOf(dropIn);
  if (text === before) return;
  await undo.step(
    () => writeDropIn(machine, dropIn, text),
    () =>
      before === undefined ? removeDropIn(machine, dropIn) : writeDropIn(machine, dropIn, before),
  );
}

/** The folder of the system, and pools elsewhere. */
function writtenFolders(root: string, app: App): readonly string[] {
  const pools = app.pools.flatMap(({ config }) => config.get('dir_path') ?? []);
  const elsewhere = pools.filter((path) => path !== root && !path.startsWith(`${root}/`));
  return [root, ...elsewhere.filter(canBeSaid)];
}

async function remarks({ machine, root }: HostSwitch, app: App): Promise<readonly string[]> {
  const isOfXen = await isOfQubes(machine, root);
  const hasLvm = app.pools.some(({ driver }) => driver === 'lvm_thin');
  const others = (await stockUnits(machine)).filter(({ inForce }) => inForce === 'another');
  return [
    ...(isOfXen
      ? ['The host has no way to Xen: it serves the store and its volumes, and starts no qubes']
      : []),
    ...(hasLvm ? ['Pools of lvm_thin need more rights than the unit has: see qubes-rpcd(8)'] : []),
    ...others.map(({ name }) => `${name} stays as it is: ${unitPath(machine, name)} is not ours`),
  ];
}
