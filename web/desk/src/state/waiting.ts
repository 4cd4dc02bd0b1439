// How much waits in panels that no stream tells of: read now and then, for the number beside their name.
import { computed, watch } from 'vue';
import { WaitingDocument } from '../generated/graphql';
import { createCalm } from './calm';
import { viewer } from './desk';
import { transport } from './server';

const EVERY_MS = 60_000;
const counts = createCalm(() => transport.query(WaitingDocument, {}));

export const appealsWaiting = computed(() => {
  const found = counts.value.value;
  return found && (found.latenessAppeals.totalCount ?? 0) + (found.reopenRequests.totalCount ?? 0);
});
export const permitsWaiting = computed(() => {
  const found = counts.value.value;
  return found && (found.pending.totalCount ?? 0) + (found.approved.totalCount ?? 0);
});
export const readWaiting = counts.read;

let stop: () => void = () => undefined;
watch(viewer, (mine) => {
  stop();
  if (mine) stop = counts.watch(EVERY_MS);
});
