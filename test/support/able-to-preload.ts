import type { App } from '../../lib/model/app.ts';

/** What a template of disposables must have before it may preload any. */
export const NEEDED_TO_PRELOAD = [
  'qrexec',
  'supported-rpc.qubes.WaitForRunningSystem',
  'supported-rpc.qubes.WaitForSession',
] as const;

/** Makes a qube able to preload disposables, as if its template had told so. */
export function ableToPreload(app: App, name: string): void {
  const { features } = app.qubes.find(name) ?? {};
  app.apply(() => features?.update(NEEDED_TO_PRELOAD.map((feature) => [feature, '1'] as const)));
}
