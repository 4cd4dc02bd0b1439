// The shift on duty at the desk's own centre: what it would leave, and the two signatures.
import type { TypedDocument } from '@client/transport';
import { followValue } from '@client/values';
import { computed, shallowRef, watch } from 'vue';
import {
  HandoverNowDocument, HandOverShiftDocument, ShiftChangedDocument, StartShiftDocument, TakeOverShiftDocument, type HandoverFragment, type ShiftFragment,
} from '../generated/graphql';
import { viewer } from './desk';
import { createIntents, type UserError } from '@client/intents';
import { say } from '@shared/notices';
import { failed, live, transport } from './server';

const REFRESH_MS = 15_000; // of what would be left now: a list to read, not a clock

/** Undefined until the server has spoken; null where no shift is on duty. */
export const shift = shallowRef<ShiftFragment | null | undefined>(undefined);
export const left = shallowRef<HandoverFragment | null>(null);
export const centre = computed(() => viewer.value?.division ?? null);
/** What was signed where a signature waits for the other one; else what would be left now. */
export const shown = computed(() => (shift.value?.state === 'HANDED_OVER' ? (shift.value.handover ?? left.value) : left.value));

export async function readLeft(): Promise<void> {
  const id = centre.value?.id;
  if (!id) return;
  try {
    const { shiftHandover } = await transport.query(HandoverNowDocument, { centre: id });
    if (id === centre.value?.id) left.value = shiftHandover ?? null;
  } catch (error) {
    failed(error);
  }
}

/** Followed while somebody looks at it. */
export function followShift(): () => void {
  let stop: () => void = () => undefined;
  const end = watch(
    () => centre.value?.id,
    (id) => {
      stop();
      shift.value = undefined;
      if (!id) return;
      stop = followValue(live, ShiftChangedDocument, { centre: id }, ({ shiftChanged }) => {
        shift.value = shiftChanged ?? null;
        void readLeft();
      });
    },
    { immediate: true },
  );
  const timer = setInterval(() => void readLeft(), REFRESH_MS);
  return () => {
    end();
    stop();
    clearInterval(timer);
  };
}

type Name = 'shiftStart' | 'shiftHandOver' | 'shiftTakeOver';
type Answer = Record<Name, { shift?: ShiftFragment | null; userErrors: UserError[] }>;
const DOCUMENTS: Record<Name, { toString(): string }> = {
  shiftStart: StartShiftDocument,
  shiftHandOver: HandOverShiftDocument,
  shiftTakeOver: TakeOverShiftDocument,
};

const { carryOut } = createIntents<ShiftFragment>(async (mutation, input) => {
  const document: TypedDocument<Answer, { input: unknown }> = DOCUMENTS[mutation as Name];
  const { shift: after, userErrors } = (await transport.query(document, { input }))[mutation as Name];
  return { case: after ?? null, userErrors };
});

export const isSigning = shallowRef(false);
export const trouble = shallowRef<string | null>(null);

export async function sign(name: Name, input: Record<string, unknown>, done: string): Promise<void> {
  if (isSigning.value) return;
  isSigning.value = true;
  trouble.value = null;
  const outcome = await carryOut(name, input);
  isSigning.value = false;
  if (outcome.kind === 'done') {
    if (outcome.case) shift.value = outcome.case;
    say('done', done, 'Signed.');
    void readLeft();
  } else if (outcome.kind === 'refused') trouble.value = outcome.errors.map(({ message }) => message).join('');
  else if (outcome.kind === 'failed') trouble.value = `没有办成：${outcome.message}`;
  else trouble.value = '没有收到服务器的答复。请重试，不会重复签名。';
}
