import { QubesException } from '../../../lib/base/admin-error.ts';
import type { QubesDb, QubesDbDoor } from '../../../lib/qubesdb/qubesdb.ts';
import type { Life } from './life.ts';

type Database = Map<string, Buffer>;

/** The databases of qubes by their name; that of dom0 is always there. */
export type Databases = Map<string, Database>;

export function newDatabases(): Databases {
  return new Map([['dom0', new Map<string, Buffer>()]]);
}

/** The databases of a world as one run of a host has them. */
export function databasesOf(databases: Databases, life: Life): QubesDbDoor {
  return {
    start: ({ name }) => life.do('database', () => void databases.set(name, new Map())),
    stop: ({ name }) => life.do('database', () => void databases.delete(name)),
    open: (qube) => {
      const database = databases.get(qube);
      return Promise.resolve(database && handleOf(() => databases.get(qube), database));
    },
  };
}

/** Nobody but the host writes to it, so that there is nothing to watch. */
function handleOf(present: () => Database | undefined, database: Database): QubesDb {
  const open = (): Database => {
    if (present() === database) return database;
    throw new QubesException('The database is closed');
  };
  const below = (prefix: string): string[] =>
    [...open().keys()].filter((path) => path.startsWith(prefix)).sort();
  return {
    read: async (path) => open().get(path),
    list: async (prefix) => below(prefix),
    multiread: async (prefix) =>
      new Map(below(prefix).map((path) => [path, open().get(path) ?? Buffer.alloc(0)])),
    write: async (path, value) => void open().set(path, Buffer.from(value)),
    remove: async (path) => {
      const paths = path.endsWith('/') ? below(path) : [path];
      for (const one of paths) open().delete(one);
    },
    watch: async () => () => undefined,
    close: async () => undefined,
  };
}
