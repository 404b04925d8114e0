/**
 * Imported before everything else by a program's entry. The thread pool is sized when it is first
 * used: key derivations and digests may fill as many threads as there are cores, and files must
 * still be read meanwhile.
 */
import { availableParallelism } from 'node:os';

process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism() + 6);
