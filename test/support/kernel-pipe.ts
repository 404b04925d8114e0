import { closeSync, constants, openSync } from 'node:fs';
import { execa } from 'execa';

/** A descriptor as execa accepts it: it takes any number, but its types name the first ones only. */
export type Descriptor = 3;

/** Both ends of a pipe of the operating system, as descriptors to hand to programs. */
export interface KernelPipe {
  readonly read: Descriptor;
  readonly write: Descriptor;
}

/** Makes the names of pipes between programs. */
export async function makePipes(...paths: string[]): Promise<void> {
  await execa('mkfifo', paths);
}

/**
 * Both ends of a pipe that does not lead through this process, as a shell makes them between two
 * programs. Close each end here once the program that uses it has it.
 * @param path a name by {@link makePipes}; can be used again when all ends are closed everywhere
 */
export function openPipe(path: string): KernelPipe {
  // An end can only be opened when the other is open, except for reading and writing at once.
  const both = openSync(path, constants.O_RDWR);
  const read = openSync(path, 'r') as Descriptor;
  const write = openSync(path, 'w') as Descriptor;
  closeSync(both);
  return { read, write };
}
