// Retries that belong to one look at one division: a change of focus ends them all.
import { backoff } from '@client/live';
import { failed, pause } from './server';

export interface Stay {
  readonly isOver: boolean;
  /** Runs `work` until it succeeds or this stay is over. */
  insist(work: () => Promise<void>): Promise<void>;
  end(): void;
}

export function createStay(): Stay {
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    async insist(work) {
      for (let attempt = 0; !isOver; attempt++) {
        try {
          return await work();
        } catch (error) {
          failed(error);
          await pause(backoff(attempt));
        }
      }
    },
    end() {
      isOver = true;
    },
  };
}
