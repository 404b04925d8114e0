import { QubesValueError } from '../../base/admin-error.ts';
import { readPythonFloat } from '../../base/python-float.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import {
  DELAY,
  LIST,
  MAX,
  missingServices,
  namesIn,
  preloadMax,
  THRESHOLD,
} from '../preload/preload-features.ts';
import { isPreload } from '../properties/is-preload.ts';
import { defaultDispvm } from '../properties/system.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';

/** What the features of preloading may be for a template of disposables. */
export const PRELOAD_FEATURES: readonly Handler<Qube>[] = [
  onQube(`domain-feature-pre-set:${MAX}`, (template, { value }) => {
    requireAbleToPreload(template);
    requireDigits(MAX, value);
  }),
  ...delayRule(),
  onQube(`domain-feature-pre-set:${LIST}`, (template, { value, oldvalue }) =>
    checkList(template, namesIn(value), namesIn(oldvalue)),
  ),
  onQube(`domain-feature-set:${LIST}`, (template, { value, oldvalue }) =>
    announceChanged(template, namesIn(value), namesIn(oldvalue)),
  ),
];

/** The same for dom0, whose features count for the default template of the system. */
export const GLOBAL_PRELOAD_FEATURES: readonly Handler<Qube>[] = [
  onQube(`domain-feature-pre-set:${MAX}`, ({ system }, { value, oldvalue }) => {
    if (value === oldvalue) return;
    const template = system.find(defaultDispvm) ?? undefined;
    // Its own rule judges, and those who watch it hear of it.
    template?.fire(`domain-feature-pre-set:${MAX}`, {
      feature: MAX,
      value,
      oldvalue: oldvalue ?? null,
    });
    requireDigits(MAX, value);
  }),
  onQube(`domain-feature-pre-set:${THRESHOLD}`, (_, { value }) => requireDigits(THRESHOLD, value)),
  ...delayRule(),
];

function delayRule(): readonly Handler<Qube>[] {
  return [
    onQube(`domain-feature-pre-set:${DELAY}`, (_, { value, oldvalue }) => {
      if (value === oldvalue || value === '' || readPythonFloat(value) !== undefined) return;
      refuse(`Invalid ${DELAY} value: not an integer or float`);
    }),
  ];
}

function requireAbleToPreload(template: Qube): void {
  if ((featureWithTemplate(template, 'qrexec') ?? '') === '') {
    refuse('Qube does not support qrexec');
  }
  const missing = missingServices(template);
  if (missing.length > 0) refuse(`Qube does not support the RPC(s) '${missing.join(', ')}'`);
}

/** The empty text is 0. What could not be kept exactly is no number of qubes, or of MiB. */
function requireDigits(feature: string, value: string): void {
  if (/^[0-9]*$/.test(value) && Number.isSafeInteger(Number(value))) return;
  refuse(`Invalid ${feature} value: not a digit`);
}

/** A list that has become too long may only get shorter. */
function checkList(template: Qube, names: readonly string[], before: readonly string[]): void {
  if (names.length === 0 || isSameSet(names, before)) return;
  const most = preloadMax(template);
  if (names.length > Math.max(most, before.length)) {
    refuse(
      `Invalid ${LIST} value: can't increment: qube count (${names.length}) is either bigger ` +
        `than old count (${before.length}) or ${MAX} (${most})`,
    );
  }
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  refuseAny('contain duplicates', new Set(twice));
  const { qubes } = template.system;
  const fresh = names.filter((name) => !before.includes(name));
  refuseAny(
    'non qube(s)',
    fresh.filter((name) => qubes.find(name) === undefined),
  );
  refuseAny(
    `qube(s) not based on ${template.name}`,
    fresh.filter((name) => {
      const qube = qubes.find(name);
      return qube === undefined || templateOf(qube) !== template;
    }),
  );
}

function isSameSet(names: readonly string[], others: readonly string[]): boolean {
  return names.toSorted().join(' ') === others.toSorted().join(' ');
}

function refuseAny(fault: string, names: Iterable<string>): void {
  const list = [...names].join(', ');
  if (list !== '') refuse(`Invalid ${LIST} value: ${fault}: '${list}'`);
}

/** Those that came into the list or left it are now preloaded, or no longer. */
function announceChanged(
  { system }: Qube,
  names: readonly string[],
  before: readonly string[],
): void {
  const came = names.filter((name) => !before.includes(name));
  const left = before.filter((name) => !names.includes(name));
  for (const name of [...left, ...came]) {
    const event = `property-reset:${isPreload.name}` as const;
    system.qubes.find(name)?.fire(event, { name: isPreload.name });
  }
}

function refuse(reason: string): never {
  throw new QubesValueError(reason);
}
