import type { ExecutionContext } from 'ava';

import type { PreloadWorld } from './preload-world.ts';
import { settled } from './fake-clock.ts';

/** How many rounds of the event loop a call of a world may take at most. */
const MOST_ROUNDS = 50;

/** Makes calls in a world: `admin.vm.Kill disp1`, `admin.vm.feature.Set+internal dvm-one 1`. */
export function callerOf(t: ExecutionContext, world: PreloadWorld) {
  const send = (text: string) => {
    const [call = '', destination = 'dom0', ...payload] = text.split(' ');
    const [service = '', ...argument] = call.split('+');
    return world.ask({
      service,
      argument: argument.join('+'),
      destination,
      payload: payload.join(' '),
    });
  };
  return {
    /** Waits until nothing more happens without time passing. */
    calm: async (): Promise<void> => {
      for (let round = 0; round < MOST_ROUNDS; round++) await settled();
    },
    call: async (text: string): Promise<string> => {
      const { error, content } = await send(text);
      t.is(error, undefined, `${text}: ${content}`);
      return content;
    },
    refused: async (text: string): Promise<string> => {
      const { error, content } = await send(text);
      t.not(error, undefined, text);
      return `${String(error)}: ${content}`;
    },
  };
}
