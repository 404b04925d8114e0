import { readFile } from 'node:fs/promises';

/** The person whom dom0 belongs to. */
export interface AdminUser {
  readonly name: string;
  /** Undefined where the machine does not know it. */
  readonly home: string | undefined;
}

/**
 * The user of dom0: the first member of the group `qubes`, whoever runs us.
 * @returns undefined where there is no such group
 */
export async function adminUser(etc = '/etc'): Promise<AdminUser | undefined> {
  const read = (name: string): Promise<string> =>
    readFile(`${etc}/${name}`, 'utf8').catch(() => '');
  const name = /^qubes:[^:]*:\d+:([^,\n]+)/m.exec(await read('group'))?.[1];
  if (name === undefined) return undefined;
  const accounts = (await read('passwd')).split('\n').map((line) => line.split(':'));
  return { name, home: accounts.find(([account]) => account === name)?.[5] };
}
