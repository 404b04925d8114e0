import * as z from 'zod';

import { choices, flag, look, open, path, text, where, work } from '../request-fields.ts';

/** An RPC name, and perhaps its argument. */
const SERVICE = /^[a-zA-Z][a-zA-Z0-9_.-]{0,62}(?:\+[a-zA-Z0-9_.+-]{0,62})?$/;

/** Which system is restored into; by default the embedded one. */
const target = {
  socket: path.optional(),
  qrexec: flag,
};

/** What is restored, and what becomes of what is in the way or missing. */
const decide = {
  /** By their names in the backup; `dom0` for its home. */
  qubes: choices,
  exclude: choices,
  skipBroken: flag,
  ignoreMissing: flag,
  skipConflicting: flag,
  renameConflicting: flag,
  skipDom0Home: flag,
  skipDevices: flag,
  ignoreUsernameMismatch: flag,
  ignoreSizeLimit: flag,
  pool: text.optional(),
  /** What a qube gets whose netvm is missing. */
  netvm: z.enum(['default', 'none'], 'it is neither default nor none').optional(),
};

const source = {
  ...where,
  /** `archive` is the RPC name that is called in the qube, in place of `qubes.Restore`. */
  locationIsService: flag,
};

/** Accepts what is asked of `plan`. */
export const plan = z.strictObject({
  command: z.literal('plan'),
  ...{ ...source, ...target, ...decide, ...open, ...work, ...look },
  /** Gets the plan as JSON. */
  output: path.optional(),
});

/** Accepts what is asked of `run`. */
export const run = z.strictObject({
  command: z.literal('run'),
  ...{ ...source, ...target, ...decide, ...open, ...work, ...look },
  /** A saved plan. */
  plan: path.optional(),
  keep: flag,
  yes: flag,
  verifyOnly: flag,
  paranoidMode: flag,
  autoClose: flag,
  /** In the disposable of `paranoidMode`: what we create is marked by the daemon. */
  sandboxed: flag,
  /** Tables as on a terminal: that is where the output goes in the end. */
  tables: flag,
  /** Gets what is shown, and the exit status. */
  logFile: path.optional(),
});

export type PlanRequest = z.infer<typeof plan>;
export type RunRequest = z.infer<typeof run>;

/** What the two are asked for that contradicts itself; undefined if nothing does. */
export function contradiction(request: PlanRequest | RunRequest): string | undefined {
  const { archive, root, socket, qrexec, from, locationIsService } = request;
  if ([root !== undefined, socket !== undefined, qrexec].filter(Boolean).length > 1) {
    return '--root, --socket and --qrexec contradict each other';
  }
  if (locationIsService) {
    if (from === undefined) return '--location-is-service needs --from QUBE';
    if (!SERVICE.test(archive))
      return 'with --location-is-service, ARCHIVE is the name of a service';
  }
  if (request.command === 'plan') return undefined;
  if (request.paranoidMode) return againstParanoia(request);
  if (request.autoClose) return '--auto-close needs --paranoid-mode';
  if (request.plan === undefined) return undefined;
  if (request.verifyOnly) return '--plan and --verify-only contradict each other';
  return decidesItself(request) ? 'a saved plan says already what is restored, and how' : undefined;
}

/** The archive is in a qube, it is not read here, and nothing can be gone on with. */
function againstParanoia(request: RunRequest): string | undefined {
  const { from, locationIsService, qrexec, plan: saved, keep } = request;
  if (from === undefined) return '--paranoid-mode needs --from QUBE';
  const others = {
    '--location-is-service': locationIsService,
    '--qrexec': qrexec,
    '--plan': saved !== undefined,
    '--keep': keep,
  };
  const [other] = Object.entries(others).find(([, isGiven]) => isGiven) ?? [];
  return other && `--paranoid-mode and ${other} contradict each other`;
}

function decidesItself(request: RunRequest): boolean {
  return (
    request.qubes.length > 0 ||
    request.exclude.length > 0 ||
    request.skipBroken ||
    request.ignoreMissing ||
    request.skipConflicting ||
    request.renameConflicting ||
    request.skipDom0Home ||
    request.skipDevices ||
    request.ignoreUsernameMismatch ||
    request.ignoreSizeLimit ||
    request.pool !== undefined ||
    request.netvm !== undefined
  );
}
