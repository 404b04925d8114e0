export function atLeast(what: string, value: number, target: number): string[] {
  return [what, value.toFixed(2), `≥ ${target}`, value >= target ? 'met' : 'MISSED'];
}

export function atMost(what: string, value: number, target: number): string[] {
  return [what, value.toFixed(2), `≤ ${target}`, value <= target ? 'met' : 'MISSED'];
}

/** A figure without a target. */
export function told(what: string, value: number): string[] {
  return [what, value.toFixed(2), '', ''];
}
