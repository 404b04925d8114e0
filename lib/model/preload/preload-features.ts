import { readPythonFloat } from '../../base/python-float.ts';
import { featureWithAdminVm, featureWithTemplate } from '../feature-lookup.ts';
import { defaultDispvm } from '../properties/system.ts';
import type { Qube } from '../qube.ts';

/** Features of a template of disposables, and of dom0 for the one that is the default of the system. */
export const MAX = 'preload-dispvm-max';
export const THRESHOLD = 'preload-dispvm-threshold';
export const DELAY = 'preload-dispvm-delay';
/** Of a template: names of the disposables that wait, separated by a space. */
export const LIST = 'preload-dispvm';
/** Of a disposable: all its start is done. */
export const COMPLETED = 'preload-dispvm-completed';
/** Of a disposable: it is on its way from one stage to the next. A crash in between spoils it. */
export const IN_PROGRESS = 'preload-dispvm-in-progress';
/** Of a disposable: nobody is shown it. */
export const INTERNAL = 'internal';

const PREFIX = 'preload-dispvm';
const MIB = 1024 * 1024;
const USUAL_DELAY_SECONDS = 3;

/** By these a disposable tells that it is ready. */
export const NEEDED_SERVICES = ['qubes.WaitForRunningSystem', 'qubes.WaitForSession'] as const;

/** Whether a feature is about preloading, and so of one qube alone: nobody inherits it. */
export function isOfPreloading(feature: string): boolean {
  return feature.startsWith(PREFIX);
}

/** Those of the needed services that a template of disposables does not have. */
export function missingServices(template: Qube): readonly string[] {
  return NEEDED_SERVICES.filter(
    (rpc) => (featureWithTemplate(template, `supported-rpc.${rpc}`) ?? '') === '',
  );
}

/** Names of its disposables that wait. */
export function preloadList({ features }: Qube): readonly string[] {
  return namesIn(features.get(LIST));
}

/** The names that a value of the list has. */
export function namesIn(list: string | null = ''): readonly string[] {
  return list === null || list === '' ? [] : list.split(' ');
}

/** How many are to wait. */
export function preloadMax(template: Qube): number {
  return (isSystemDefault(template) ? globalMax(template) : undefined) ?? localMax(template);
}

/** What dom0 says for the default template of the system; undefined when it says nothing. */
export function globalMax({ system }: Qube): number | undefined {
  const value = system.qubes.admin.features.get(MAX);
  return value === undefined ? undefined : toNumber(value);
}

/** Whether dom0 says how many there are to be of a template. */
export function isGlobalPreloadSet(template: Qube): boolean {
  return isSystemDefault(template) && globalMax(template) !== undefined;
}

/** Whether it matters for a template that dom0 says how many there are to be of the default one. */
export function isGlobalPreloadDistinct(template: Qube): boolean {
  return (globalMax(template) ?? 0) !== localMax(template);
}

/** Whether fewer wait than are to. */
export function canPreload(template: Qube): boolean {
  return preloadList(template).length < preloadMax(template);
}

/**
 * Seconds between the use of one and the start of the next; below 0 the next is started only when
 * none waits any more, after as many.
 */
export function preloadDelay(template: Qube): number {
  const value = featureWithAdminVm(template, DELAY);
  return value === undefined ? USUAL_DELAY_SECONDS : (readPythonFloat(value) ?? 0);
}

/** Bytes of the machine's memory that preloading leaves free. */
export function preloadThreshold({ system }: Qube): number {
  return toNumber(system.qubes.admin.features.get(THRESHOLD) ?? '') * MIB;
}

function isSystemDefault(template: Qube): boolean {
  return template.system.find(defaultDispvm) === template;
}

function localMax({ features }: Qube): number {
  return toNumber(features.get(MAX) ?? '');
}

/** The empty text is 0, and so is what only an edited store can say. */
function toNumber(text: string): number {
  const number = Number(text);
  return Number.isFinite(number) ? number : 0;
}
