import { readFile } from 'node:fs/promises';

import { reasonOf } from '../base/errors.ts';
import { CallError, PROBLEM } from './call-error.ts';
import { type Called, findFile } from './find-file.ts';
import { parseConfigLines } from './config-lines.ts';

/** How a service wants to be called, as far as its configuration says so. */
export interface ServiceConfig {
  /** Whether a socket gets the payload alone. */
  readonly skipDescriptor: boolean;
  /** Whether a call of a socket is over when the caller has sent everything. */
  readonly exitOnClientEof: boolean;
  /** Whether it is over when the socket has sent everything. */
  readonly exitOnServiceEof: boolean;
}

/**
 * Reads the configuration of a service, which need not have one. `wait-for-session` and `force-user`
 * are understood, and change nothing here: there are no sessions, and one user.
 * @param folders of configurations, the first one first
 * @throws CallError when it cannot be understood
 */
export async function readServiceConfig(
  folders: readonly string[],
  called: Called,
): Promise<ServiceConfig> {
  const found = await findFile(folders, called);
  const values = found === undefined ? new Map() : await read(found.path);
  const config = {
    skipDescriptor: values.get('skip-service-descriptor') === true,
    exitOnClientEof: values.get('exit-on-client-eof') === true,
    exitOnServiceEof: values.get('exit-on-service-eof') === true,
  };
  if (values.has('force-user') && Object.values(config).includes(true)) {
    throw new CallError(
      PROBLEM,
      `${found?.path ?? ''}: force-user does not go together with what is for sockets`,
    );
  }
  return config;
}

async function read(path: string): Promise<ReadonlyMap<string, boolean | string>> {
  let untrustedText;
  try {
    untrustedText = await readFile(path, 'latin1');
  } catch (error) {
    throw new CallError(PROBLEM, `Cannot read ${path}: ${reasonOf(error)}`, {}, error);
  }
  return parseConfigLines(path, untrustedText);
}
