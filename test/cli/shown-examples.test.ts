import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { ParsedCommandLine } from '../../lib/cli/command-line.ts';
import { parseHostCommandLine } from '../../lib/cli/host/host-command.ts';
import { parsePreloadCommandLine } from '../../lib/cli/preload/preload-command.ts';
import { parseRestoreCommandLine } from '../../lib/cli/restore-command.ts';
import { parseRpcCommandLine } from '../../lib/cli/rpc/rpc-command.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => ParsedCommandLine<unknown>>> =
  {
    'qubes-restore': parseRestoreCommandLine,
    'qubes-rpc': parseRpcCommandLine,
    'qubes-rpcd': parseHostCommandLine,
    'preload-dispvm': parsePreloadCommandLine,
  };

/** What a shell is shown to be told: behind its prompt, in manual pages and other documents. */
const SHOWN = /^(?:\.Dl )? *[$#] (.*)$|^\.Dl " +(.*)"$/gm;
/** A remark, or where the output goes. */
const NO_ARGUMENT = /\s#.*$|[|>].*$/;

const documents = ['', 'docs', 'docs/man'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => /\.(?:md|[1-8])$/.test(file))
    .map((file) => join(folder, file)),
);

for (const path of documents) {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const calls = [...text.matchAll(SHOWN)].flatMap(([, prompted, continued]) =>
    callsIn(prompted ?? continued ?? ''),
  );
  if (calls.length === 0) continue;

  test(`the programs understand what ${path} shows them to be told`, (t) => {
    for (const call of calls) {
      const [program = '', ...args] = call;
      t.notThrows(() => t.is(PROGRAMS[program]?.(args).kind, 'request'), call.join(' '));
    }
  });
}

/** The calls of our programs in a line: it may call others before, and write to a file. */
function callsIn(line: string): string[][] {
  return line.split(' | ').flatMap((command) => {
    const words = command.replace(NO_ARGUMENT, '').trim().split(/ +/);
    const at = words.findIndex((word) => word in PROGRAMS);
    // The title of a page is not told to anybody.
    return at < 0 || words.length === 1 ? [] : [words.slice(at)];
  });
}
