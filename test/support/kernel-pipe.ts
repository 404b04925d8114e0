import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** A descriptor as execa accepts it: it takes any number, but its types name the first ones only. */
type Descriptor = 3;

/** Both ends of a pipe of the operating system, as descriptors to hand to programs. */
export interface KernelPipe {
  readonly read: Descriptor;
  readonly write: Descriptor;
}

let made = 0;

/**
 * A pipe between two programs that does not lead through this process, as a shell makes them.
 * Close each end here once the program that uses it has it.
 * @param folder where the pipe lives under a name
 */
export async function kernelPipe(folder: string): Promise<KernelPipe> {
  const path = join(folder, `pipe.${process.pid}.${made++}`);
  await execa('mkfifo', [path]);
  // An end can only be opened when the other is open, except for reading and writing at once.
  const both = openSync(path, constants.O_RDWR);
  const pipe = {
    read: openSync(path, 'r') as Descriptor,
    write: openSync(path, 'w') as Descriptor,
  };
  closeSync(both);
  return pipe;
}
