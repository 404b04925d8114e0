/** A rule that cannot be one: the message says why, and is safe to show. */
export class RuleError extends Error {}
