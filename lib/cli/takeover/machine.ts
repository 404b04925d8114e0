import { join, relative, resolve } from 'node:path';

/** Where what is installed has its places; the same in every root. */
const LIBEXEC = '/usr/libexec/qubes-rpc';

/** Our units that have the names of stock ones: systemd does not look there. */
const UNITS_BESIDE = '/usr/share/qubes-rpc/systemd';

/** The folder of the sockets that the units open. */
const SOCKETS = '/run/qubes-rpcd';

/** What qrexec searches, the first one first. */
const SERVICE_FOLDERS = ['/run/qubes-rpc', '/usr/local/etc/qubes-rpc', '/etc/qubes-rpc'];

/** What an entry of ours leads to. */
type EntryTarget = 'services' | 'rpc-config' | 'socket' | 'unit';

const TARGETS: Readonly<Record<EntryTarget, string>> = {
  services: join(LIBEXEC, 'services'),
  'rpc-config': join(LIBEXEC, 'rpc-config'),
  socket: SOCKETS,
  unit: UNITS_BESIDE,
};

/**
 * A machine that our packages are installed on: the one this runs on, or one whose files are below
 * some folder. Paths are those that the machine itself has; `at` says where they are from here.
 */
export class Machine {
  /** The root of its file system. */
  readonly root: string;
  readonly units = '/usr/lib/systemd/system';
  readonly ownUnits = '/etc/systemd/system';
  /** Searched by qrexec before all others; empty after a start of the machine. */
  readonly entries = '/run/qubes-rpc';
  readonly configs = '/run/qubes/rpc-config';
  /** What fills both when the machine is started. */
  readonly tmpfiles = '/etc/tmpfiles.d';

  constructor(root = '/') {
    this.root = root;
  }

  /** Whether it is this one, where things can be started and stopped. */
  get isThis(): boolean {
    return this.root === '/';
  }

  /** A path of the machine, from here. */
  at(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Where something of ours is, in the machine. */
  pathOf(target: EntryTarget, name = ''): string {
    return join(TARGETS[target], name);
  }

  /** What a link in `folder` says that leads to something of ours: the same in every root. */
  linkFrom(folder: string, target: EntryTarget, name: string): string {
    return relative(folder, this.pathOf(target, name));
  }

  /** Whether a link in `folder` that says this leads to something of ours. */
  isOurs(folder: string, link: string): boolean {
    const path = resolve(folder, link);
    return [LIBEXEC, SOCKETS, UNITS_BESIDE].some((ours) => path.startsWith(`${ours}/`));
  }

  /** Folders in which qrexec looks for services, from here. */
  serviceFolders(): readonly string[] {
    return SERVICE_FOLDERS.map((folder) => this.at(folder));
  }
}
