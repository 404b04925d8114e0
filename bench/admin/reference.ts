/**
 * What the reference daemon (Python, 4.4.0) does on a machine of 2 cores, calls a second, by the
 * number of qubes, and how many times as fast we want to be.
 */
export const REFERENCE = {
  12: { list: 2335, wanted: 3 },
  100: { list: 597, wanted: 10 },
  1000: { list: 68, wanted: 30 },
} as const;
