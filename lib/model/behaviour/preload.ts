import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { canOutdate } from '../preload/outdated.ts';
import {
  canPreload,
  DELAY,
  isGlobalPreloadSet,
  MAX,
  THRESHOLD,
} from '../preload/preload-features.ts';
import { preloadTemplates } from '../preload/preload-templates.ts';
import { keeperOf } from '../preload/registry.ts';
import { defaultDispvm } from '../properties/system.ts';
import { templateOf } from '../properties/template.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import type { Qube, System } from '../qube.ts';

/** Seconds until what is replaced starts: whoever changes one property often changes another. */
const AFTER_PROPERTY_SECONDS = 30;
/** The same after a shutdown, which leaves the machine enough to do. */
const AFTER_SHUTDOWN_SECONDS = 4;

/** What a template does for the stocks of disposables that begin from its volumes. */
export const REFRESHES_STOCKS: readonly Handler<Qube>[] = [
  onAction('domain-shutdown', refreshStocks),
  onQube('domain-import-volume', refreshStocks),
  onQube('domain-volume-import-end', (qube, { success }) => {
    if (success) refreshStocks(qube);
  }),
];

/** What a template of disposables does for its stock of started ones. */
export const PRELOAD: readonly Handler<Qube>[] = [
  onQube(`domain-feature-set:${MAX}`, (qube, { value, oldvalue }) => {
    if (value === oldvalue || isGlobalPreloadSet(qube)) return;
    if (isTemplate(qube)) startLater(qube, `local feature was set to '${value}'`);
  }),
  onQube(`domain-feature-delete:${MAX}`, (qube) => {
    if (!isGlobalPreloadSet(qube)) keeperOf(qube)?.shrink(0, 'local feature was deleted');
  }),
  // A rule that refuses takes this back.
  onQube('property-pre-set:template_for_dispvms', (qube, { newvalue }) => {
    if (newvalue === false) keeperOf(qube)?.shrink(0, 'template_for_dispvms was set to False');
  }),
  onQube('property-pre-reset:template_for_dispvms', (qube) =>
    keeperOf(qube)?.shrink(0, 'template_for_dispvms was set to False'),
  ),
  onQube('property-set:template_for_dispvms', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== true || oldvalue === true || !canPreload(qube)) return;
    startLater(qube, 'template_for_dispvms was set to True');
  }),
  onQube('property-pre-set:template', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) keeperOf(qube)?.shrink(0, 'template will change');
  }),
  onQube('property-set:template', (qube, { newvalue, oldvalue }) => {
    if (newvalue === oldvalue || !isTemplate(qube) || !canPreload(qube)) return;
    startLater(qube, 'template has changed');
  }),
  ...onChange(DELAY, mendLater),
  onQube('property-set:*', (qube, { name }) => refreshAfter(qube, name)),
  onQube('property-reset:*', (qube, { name }) => refreshAfter(qube, name)),
  ...REFRESHES_STOCKS,
];

/**
 * The volumes of a template have changed: what began from them is not to be handed out, be it of its
 * own stock or of those of the disposable templates that are based on it.
 */
export function refreshStocks(template: Qube): void {
  refreshStock(template);
  for (const qube of template.system.qubes) if (templateOf(qube) === template) refreshStock(qube);
}

/** What dom0 does for the stock of the system's default template of disposables. */
export const PRELOAD_OF_SYSTEM: readonly Handler<Qube>[] = [
  onQube(`domain-feature-set:${MAX}`, ({ system }, { value, oldvalue }) => {
    if (value !== oldvalue) startDefault(system, `global feature was set to '${value}'`);
  }),
  onQube(`domain-feature-delete:${MAX}`, ({ system }) =>
    startDefault(system, 'global feature was deleted'),
  ),
  ...[DELAY, THRESHOLD].flatMap((feature) =>
    onChange(feature, ({ system }) => preloadTemplates(system).forEach(mendLater)),
  ),
];

function onChange(feature: string, work: (qube: Qube) => void): readonly Handler<Qube>[] {
  return [
    onQube(`domain-feature-set:${feature}`, work),
    onQube(`domain-feature-delete:${feature}`, work),
  ];
}

/** What was put off, or could not be, may be due now. */
function mendLater(template: Qube): void {
  template.system.later(async () => keeperOf(template)?.mend());
}

function startDefault(system: System, reason: string): void {
  const template = system.find(defaultDispvm) ?? null;
  if (template !== null) startLater(template, reason);
}

function refreshStock(qube: Qube): void {
  if (isTemplate(qube)) keeperOf(qube)?.refresh(AFTER_SHUTDOWN_SECONDS);
}

/** Announces that its stock is to be filled, when what has changed is on disk; nobody waits for it. */
export function startLater(template: Qube, reason: string): void {
  const { log } = template.system;
  template.system.later(async () => {
    keeperOf(template)
      ?.start(reason)
      .catch((error: unknown) => log.warn({ err: error }, `${template.name}: cannot preload`));
  });
}

function isTemplate(qube: Qube): boolean {
  return qube.find(templateForDispvms) === true;
}

function refreshAfter(qube: Qube, property: string): void {
  if (isTemplate(qube) && canOutdate(property)) refreshLater(qube);
}

/** Has what is outdated of a stock by a property replaced, when the change is on disk. */
export function refreshLater(template: Qube): void {
  template.system.later(async () => keeperOf(template)?.refresh(AFTER_PROPERTY_SECONDS));
}
