import { SocketTransport } from '../../admin/socket-transport.ts';
import { anyArgument } from '../../rpc/arguments.ts';
import type { Service } from '../../rpc/service.ts';
import { hostSocket } from '../call/connect-host.ts';
import { failureFrame } from '../call/failure-frame.ts';
import { readCall } from '../call/read-call.ts';
import { importVolume } from './import-volume.ts';

/** The two services that import a volume: for dom0 alone to run, since it writes to the pools. */
export function importService(name: string, summary: string, hasSize: boolean): Service<string> {
  return {
    name,
    summary,
    destination: 'either',
    access: { scope: 'local', effect: 'write' },
    // Which volumes there are the host knows; it refuses the others, and no argument at all.
    argument: anyArgument,
    async handle(call) {
      const reply = await attempt(async () => {
        const { source, destination, argument } = readCall(process.env, process.argv);
        const { connect } = hostSocket(process.env, 'qubesd.internal');
        const host = new SocketTransport(connect, undefined, source);
        const { request, log, signal } = call;
        return importVolume({ host, destination, argument, hasSize, request, signal, log });
      });
      await call.response.write(reply);
      await call.response.end();
      return 0;
    },
  };
}

/** What keeps the call from being carried out is an answer, too. */
async function attempt(work: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await work();
  } catch (error) {
    return failureFrame(error);
  }
}
