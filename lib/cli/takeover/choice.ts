/** What a person has chosen on a machine: lasts beyond its next start. */
export interface Choice {
  /** Names of services that were taken over one by one, or by family. */
  readonly services: ReadonlySet<string>;
  /** Whether the resident host serves, and with that all that it can serve is taken over. */
  readonly hasHost: boolean;
}

/** Nothing is taken over: so it is after an installation. */
export const NO_CHOICE: Choice = { services: new Set(), hasHost: false };

/** Whether there is nothing to remember. */
export function isNoChoice({ services, hasHost }: Choice): boolean {
  return services.size === 0 && !hasHost;
}
