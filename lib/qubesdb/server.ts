import { SocketServer } from '../base/socket-server.ts';
import type { Database } from './database.ts';
import { ServerConnection } from './server-connection.ts';

/** As many as the real daemon has room for. */
const MAX_CLIENTS = 256;

/** The socket of a qube's database: what the qubesdb-daemon is to its clients. */
export class QubesDbServer extends SocketServer {
  constructor(database: Database) {
    super(MAX_CLIENTS, (client) => {
      new ServerConnection(client, database);
    });
  }
}
