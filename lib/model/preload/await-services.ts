import { QubesException } from '../../base/admin-error.ts';
import { reasonOf } from '../../base/errors.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import { guivm } from '../properties/keyboard-layout.ts';
import { qrexecTimeout } from '../properties/local.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { NEEDED_SERVICES } from './preload-features.ts';

const SECOND_MS = 1000;
const [RUNNING, SESSION] = NEEDED_SERVICES;

/**
 * Waits until what a person needs of a disposable has started in it.
 * @param signal ends the waiting, without a complaint
 * @throws QubesException when it fails, or takes longer than `qrexec_timeout`
 */
export async function awaitServices(qube: Qube, signal: AbortSignal): Promise<void> {
  const { clock } = qube.system;
  const seconds = qube.get(qrexecTimeout);
  const ended = new AbortController();
  const late = new AbortController();
  const callOff = clock.after(seconds * SECOND_MS, () => late.abort());
  const both = AbortSignal.any([signal, ended.signal, late.signal]);
  try {
    await Promise.all(
      servicesOf(qube).map(async (service) => {
        qube.fire('domain-cmd-pre-run', { start_guid: false });
        try {
          await qube.system.services.call(qube.name, service, both);
        } catch (error) {
          if (signal.aborted || ended.signal.aborted) return;
          throw late.signal.aborted ? tooLate(qube, service, seconds) : failed(service, error);
        }
      }),
    );
  } finally {
    callOff();
    // When one has failed the others are of no use.
    ended.abort();
  }
}

/** Windows can be shown once the session runs, if they are shown by a program that starts late. */
function servicesOf(qube: Qube): readonly string[] {
  const isShown = (qube.find(guivm) ?? null) !== null;
  const shows = ['gui', 'supported-feature.late-gui-daemon'].every(
    (feature) => (featureWithTemplate(qube, feature) ?? '') !== '',
  );
  return isShown && shows ? [RUNNING, SESSION] : [RUNNING];
}

function tooLate(qube: Qube, service: string, seconds: number): QubesException {
  const user = service === SESSION ? ' --user' : '';
  return new QubesException(
    `Timed out call to '${service}' after '${seconds}' seconds during preload startup. To debug, ` +
      `run the following on a new disposable of '${templateOf(qube)?.name ?? ''}': systemd-analyze${user} blame`,
  );
}

function failed(service: string, error: unknown): QubesException {
  return new QubesException(
    `Error on call to '${service}' during preload startup: ${reasonOf(error)}`,
    { cause: error },
  );
}
