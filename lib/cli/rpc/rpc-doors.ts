import type { AdminClient } from '../../admin/client.ts';
import type { Output } from '../output.ts';
import type { ImportFile } from './import-file.ts';
import type { RpcScreen } from './rpc-screen.ts';

/** What the commands of qubes-rpc reach the outside through. */
export interface RpcDoors {
  /** The daemon that the request means. */
  readonly client: AdminClient;
  /** The same daemon, for taking something back: an interruption does not end its calls. */
  readonly undo: AdminClient;
  /** Undefined where only services reach the pools. */
  readonly importFile: ImportFile | undefined;
  readonly screen: RpcScreen;
  /** Standard output: takes the bytes of `call`, of `run`, and of a volume. */
  readonly results: Output;
  /** Standard error. */
  readonly messages: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Aborted when the person interrupts. */
  readonly signal: AbortSignal;
  /** Asks the person; refuses where there is nobody to ask. */
  readonly confirm: (question: string) => Promise<void>;
}
