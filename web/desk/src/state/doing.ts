// Doing something that is not an action on a case: an order, a directive, a permit. Its subject is given, the rest is asked.
import { forms, type Form } from '@client/forms';
import type { TypedDocument } from '@client/transport';
import { reactive, shallowRef } from 'vue';
import { asked, emptyValues, missing, toInput, worded, type Asked, type Values } from '@shared/forms';
import { createIntents, type Payload, type UserError } from '@client/intents';
import { say } from '@shared/notices';
import { transport } from './server';

export interface Deed {
  mutation: string;
  /** What the button and the form are called. */
  title: string;
  about?: string;
  /** What is not asked because it is known. */
  fixed?: Record<string, unknown>;
  /** What is most likely meant. */
  given?: Values;
  /** Asked for even where there is nothing to fill in: it cannot be taken back. */
  isGrave?: boolean;
  /** Said once it is done. */
  done: string;
  after?(): void;
}

export const deed = shallowRef<Deed | null>(null);
export const values = reactive<{ now: Values }>({ now: {} });
export const blanks = shallowRef<readonly string[]>([]);
export const trouble = shallowRef<{ zh: string; errors: readonly UserError[] } | null>(null);
export const isBusy = shallowRef(false);

const formOf = ({ mutation }: Deed): Form => forms[mutation]!;
export const fieldsOf = (one: Deed): readonly Asked[] => asked(formOf(one)).filter(({ name }) => !(name in (one.fixed ?? {})));
export const inputOf = (one: Deed): string => formOf(one).input;

const { carryOut } = createIntents<never>(async (mutation, input) => {
  const form = forms[mutation]!;
  const text = `mutation Do($input: ${form.input}!) { ${mutation}(input: $input) { userErrors { code message field } } }`;
  const document: TypedDocument<Record<string, Payload<never>>, { input: Record<string, unknown> }> = text;
  return (await transport.query(document, { input }))[mutation]!;
});

export function give(up = true): void {
  if (up) deed.value = null;
  trouble.value = null;
  blanks.value = [];
}

/** Asks what there is to ask; where that is nothing and nothing is lost by it, it is done at once. */
export function begin(one: Deed): void {
  give();
  const fields = fieldsOf(one);
  values.now = { ...emptyValues(fields), ...one.given };
  if (fields.length || one.isGrave) deed.value = one;
  else void send(one);
}

export async function send(one = deed.value): Promise<void> {
  if (!one || isBusy.value) return;
  const fields = fieldsOf(one);
  blanks.value = missing(fields, values.now);
  if (blanks.value.length) return;
  isBusy.value = true;
  trouble.value = null;
  const outcome = await carryOut(one.mutation, { ...one.fixed, ...toInput(fields, values.now) });
  isBusy.value = false;
  if (outcome.kind === 'done') {
    give();
    say('done', one.done, 'Done.');
    one.after?.();
    return;
  }
  const errors = outcome.kind === 'refused' ? outcome.errors : [];
  const zh =
    outcome.kind === 'refused'
      ? errors.map((error) => worded(formOf(one), error)).join('')
      : outcome.kind === 'failed'
        ? `没有办成：${outcome.message}`
        : '没有收到服务器的答复。请重试，不会重复办理。';
  if (deed.value) trouble.value = { zh, errors };
  else say('refused', zh);
  if (errors.some(({ code }) => code === 'CONFLICT' || code === 'NOT_FOUND')) one.after?.();
}
