// Live values: streams whose newest answer is the whole truth. Nothing to resume; whoever comes back is told again.
import { backoff, type Live } from './live';
import type { TypedDocument } from './transport';

export function followValue<R, V extends object>(live: Live, document: TypedDocument<R, V>, variables: V, on: (answer: R) => void): () => void {
  let isOver = false;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: () => void = () => undefined;
  const again = () => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(run, backoff(attempt++));
  };
  function run(): void {
    end = live.subscribe(document, variables, {
      next({ data }) {
        attempt = 0;
        if (data && !isOver) on(data);
      },
      refused: again,
      ended: again,
    });
  }
  run();
  return () => {
    isOver = true;
    clearTimeout(timer);
    end();
  };
}
