import * as z from 'zod';

import { host, services } from './machine-requests.ts';
import { policy } from './policy-requests.ts';
import { create, features, notes, prefs, remove, tags } from './qube-requests.ts';
import { clone, deviceRequest, firewall, power, run, shutdown } from './use-requests.ts';
import { pool, volume } from './volume-requests.ts';
import { call, events, init, labels, ls } from './system-requests.ts';

/** What a person asks of qubes-rpc: accepts or refuses what commander read, per command. */
export const rpcRequest = z
  .discriminatedUnion('command', [
    init,
    ls,
    create,
    remove,
    prefs,
    features,
    tags,
    notes,
    labels,
    clone,
    volume,
    pool,
    deviceRequest,
    firewall,
    power,
    shutdown,
    run,
    call,
    events,
    host,
    services,
    policy,
  ])
  .refine(
    (request) =>
      !('socket' in request) ||
      [request.root !== undefined, request.socket !== undefined, request.qrexec].filter(Boolean)
        .length < 2,
    { message: '--root, --socket and --qrexec contradict each other', path: [] },
  );

export type RpcRequest = z.infer<typeof rpcRequest>;
/** What is asked by a command. */
export type RequestFor<
  Name extends RpcRequest['command'],
  Request extends RpcRequest = RpcRequest,
> = Request extends RpcRequest ? (Name extends Request['command'] ? Request : never) : never;
/** What of a request says where the daemon is. */
export type Whereabouts = Pick<RequestFor<'ls'>, 'root' | 'socket' | 'qrexec'>;
