import type { Choice } from './choice.ts';
import { NO_CHOICE } from './choice.ts';
import type { Entry } from './entries.ts';

/** File that systemd-tmpfiles(8) reads when the machine is started. */
export const TMPFILES = 'qubes-rpc.conf';

const HEAD = '# What qubes-rpc has taken over. Change it by qubes-rpc services and qubes-rpc host.';
const CHOSEN = '# services:';
const HOST = '# host: enabled';

/** A choice, and what it makes, as lines for systemd-tmpfiles. */
export function tmpfilesText({ services, hasHost }: Choice, entries: readonly Entry[]): string {
  const chosen = [CHOSEN, ...[...services].sort()].join(' ');
  return [HEAD, chosen, ...(hasHost ? [HOST] : []), ...entries.map(line), ''].join('\n');
}

/** What was chosen, by what `tmpfilesText` has written. */
export function choiceIn(text: string): Choice {
  const lines = text.split('\n');
  const chosen = lines.find((one) => one.startsWith(CHOSEN));
  if (chosen === undefined) return NO_CHOICE;
  const names = chosen.slice(CHOSEN.length).split(' ').filter(Boolean);
  return { services: new Set(names), hasHost: lines.includes(HOST) };
}

/** See tmpfiles.d(5): `L+` and `f+` take the place of what is there. */
function line(entry: Entry): string {
  const path = `${entry.folder}/${entry.name}`;
  if ('link' in entry) return `L+ ${path} - - - - ${entry.link}`;
  return `f+ ${path} 0644 root root - ${entry.text.replaceAll('\n', '\\n')}`;
}
