import type { Day } from './day.ts';
import type { Given, Policy } from './policy.ts';
import { StartError } from './starts.ts';
import type { Outcome } from './tally.ts';
import { wait } from './wait.ts';

const SECOND_MS = 1000;
/** Seconds between two looks at the memory that is held. */
const LOOK_SECONDS = 5;
/** Seconds until somebody whose disposable has failed tries again. */
const AGAIN_SECONDS = 5;
/** In the evening what was begun comes to its end. */
const EVENING_SECONDS = 900;

/** Lets a day go by. */
export async function live(day: Day, policy: Policy): Promise<Outcome> {
  let now = day.begin;
  for (const happening of day.happenings) {
    await passUntil(happening.at);
    if (happening.what === 'open') void open(policy, happening.keptSeconds);
    else policy.happen(happening);
  }
  await passUntil(day.end);
  const { mibHours } = policy.tally.outcome(0);
  await passUntil(day.end + EVENING_SECONDS);
  policy.check();
  return { ...policy.tally.outcome(policy.stock), mibHours };

  async function passUntil(at: number): Promise<void> {
    while (now < at) {
      const seconds = Math.min(LOOK_SECONDS, at - now);
      await policy.clock.pass(seconds * SECOND_MS);
      policy.tally.hold(policy.heldMiB, seconds);
      now += seconds;
    }
  }
}

async function open(policy: Policy, keptSeconds: number): Promise<void> {
  const { clock, tally } = policy;
  const begin = clock.now();
  tally.personWaits();
  const given = await untilGiven(policy);
  tally.personHas((clock.now() - begin) / SECOND_MS);
  clock.after(keptSeconds * SECOND_MS, () => given.close());
}

async function untilGiven(policy: Policy): Promise<Given> {
  for (;;) {
    try {
      const given = await policy.open();
      await given.serving;
      return given;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      await wait(policy.clock, AGAIN_SECONDS);
    }
  }
}
