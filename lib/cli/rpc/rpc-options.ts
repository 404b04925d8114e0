import { Option } from 'commander';

import { repeatable } from '../command-line.ts';

/** Every option of qubes-rpc by its field in the request; where one means another thing, again. */
export const OPTIONS = {
  root: () => new Option('--root <DIR>', 'folder of the embedded system'),
  socket: () => new Option('--socket <PATH>', 'socket of a daemon that runs: qubesd.sock'),
  qrexec: () => new Option('--qrexec', 'call dom0 from inside a qube'),
  as: () => new Option('--as <QUBE>', 'as this qube of an embedded system, by policy'),
  json: () => new Option('--json', 'one JSON object a line, for programs'),
  sample: () => new Option('--sample', 'with a template and a few qubes'),
  from: () => new Option('--from <FILE>', 'with the qubes of this qubes.xml'),
  class: () => new Option('-C, --class <CLASS>', 'AppVM, TemplateVM, StandaloneVM...'),
  onlyClass: () => new Option('-C, --class <CLASS>', 'only qubes of this class'),
  tag: () => new Option('--tag <TAG>', 'only qubes with this tag'),
  running: () => new Option('--running', 'only qubes that run'),
  columns: () =>
    new Option('-o, --columns <A,B>', 'NAME, CLASS, STATE, UUID, TAGS or any property'),
  label: () => new Option('-l, --label <LABEL>', 'its label (red)'),
  template: () => new Option('-t, --template <QUBE>', 'its template (default_template)'),
  pool: () => repeatable(new Option('-P, --pool <[VOLUME=]POOL>', 'pool for its volumes')),
  prop: () => repeatable(new Option('--prop <NAME=VALUE>', 'set a property (repeatable)')),
  yes: () => new Option('-y, --yes', 'do not ask'),
  system: () => new Option('--system', 'the global properties, in place of a qube'),
  default: () => new Option('--default', 'show what it would be by default'),
  reset: () => new Option('--reset', 'let it follow its default again'),
  helpProperty: () => new Option('--help-property', 'say what it is for'),
  unset: () => new Option('--unset', 'remove the feature'),
  set: () => new Option('--set <FILE>', 'replace them by a file (- is standard input)'),
  delete: () => new Option('--delete', 'remove them'),
  ignoreErrors: () => new Option('--ignore-errors', 'go on where something cannot be set'),
  size: () => new Option('--size <SIZE>', 'size of the data to import: 10G, 512M, 4096'),
  force: () => new Option('-f, --force', 'resize: shrink it; export: replace the file'),
  forceHalt: () => new Option('-f, --force', 'also those that others need'),
  option: () => repeatable(new Option('-o, --option <KEY=VALUE>', 'an option (repeatable)')),
  required: () => new Option('--required', 'assign: the qube does not start without it'),
  ask: () => new Option('--ask', 'assign: ask whenever it appears'),
  auto: () => new Option('--auto', 'assign: attach whenever it appears (default)'),
  before: () => new Option('--before <NUMBER>', 'add it before this rule, not at the end'),
  all: () => new Option('--all', 'all that are installed'),
  allRunning: () => new Option('--all', 'all that run'),
  family: () => repeatable(new Option('--family <FAMILY>', 'restore, wait, admin or notify')),
  replaceQubesd: () => new Option('--replace-qubesd', 'enable: stop and mask qubesd for it'),
  sysroot: () => new Option('--sysroot <DIR>', 'the machine whose files are below DIR'),
  folder: () => repeatable(new Option('--folder <DIR>', 'in place of the folders of policy')),
  facts: () => new Option('--facts <FILE>', 'what internal.GetSystemInfo has answered'),
  wait: () => new Option('--wait', 'until they have halted'),
  timeout: () => new Option('--timeout <SECONDS>', 'wait no longer (implies --wait)'),
} satisfies Record<string, () => Option>;

export type OptionName = keyof typeof OPTIONS;
