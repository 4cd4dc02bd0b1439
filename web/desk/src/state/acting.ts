// Acting on the chosen case: from a click to the case as it is afterwards, or to a sentence that says why not.
import { zh } from '@client/labels';
import { forms, type Form } from '@client/forms';
import type { TypedDocument } from '@client/transport';
import { computed, reactive, shallowRef, watch } from 'vue';
import { DetailFragmentDoc } from '../generated/graphql';
import type { Detail, WorkOrder } from '../types';
import { takeRow } from './board';
import { chosenId } from './choosing';
import { detail, read, show } from './detail';
import { asked, emptyValues, formOf, missing, toInput, worded, type Values } from '@shared/forms';
import { createIntents, type Payload, type UserError } from '@client/intents';
import { say } from '@shared/notices';
import { transport } from './server';

export interface Trouble {
  zh: string;
  en: string;
  /** Whether sending the very same again is the way on. */
  again: boolean;
  errors: readonly UserError[];
}

/** The form that is open: of an action on the chosen case, or on one of its work orders. */
export const open = shallowRef<{ action: string; form: Form; order: WorkOrder | null } | null>(null);
export const values = reactive<{ now: Values }>({ now: {} });
export const busy = shallowRef<string | null>(null);
export const trouble = shallowRef<Trouble | null>(null);
export const blanks = shallowRef<readonly string[]>([]);

watch(chosenId, () => close());

const { carryOut } = createIntents<Detail>((mutation, input) => {
  const form = forms[mutation]!;
  const selection = form.answersCase ? 'case { ...Detail }' : '';
  const text =
    `mutation Act($input: ${form.input}!) { ${mutation}(input: $input) { ${selection} userErrors { code message field } } }` +
    (form.answersCase ? `\n${DetailFragmentDoc.toString()}` : '');
  const document: TypedDocument<Record<string, Payload<Detail>>, { input: Record<string, unknown> }> = text;
  return transport.query(document, { input }).then((answer) => answer[mutation]!);
});

/** Whether there is something one could say although nobody has to. */
export const hasMore = (action: string) => (formOf(action) ? asked(formOf(action)!).length > 0 : false);

export function begin(action: string, order: WorkOrder | null = null, given: Values = {}): void {
  const form = formOf(action);
  if (!form) return;
  open.value = { action, form, order };
  values.now = { ...emptyValues(asked(form)), ...suggested(action), ...given };
  trouble.value = null;
  blanks.value = [];
}

/** Opens the first of these actions that the viewer may take, once the case has been read. */
export function beginWhenRead(id: string, actions: readonly string[]): void {
  const tryNow = () => {
    const one = detail.value;
    if (chosenId.value === id && one?.id !== id) return false;
    const action = one?.id === id && actions.find((name) => one.availableActions.includes(name as never));
    if (action) begin(action);
    else if (one?.id === id) say('note', '您现在不能办理这一补救动作，请联系有权的人员。', 'Not yours to mend.');
    return true;
  };
  if (tryNow()) return;
  const end = watch([detail, chosenId], () => tryNow() && end(), { flush: 'post' }); // after choosing has closed what was open
}

export function close(): void {
  open.value = null;
  trouble.value = null;
  blanks.value = [];
}

/** What is most likely meant; a person still reads it before it is sent. */
function suggested(action: string): Values {
  const one = detail.value;
  const found: Values = {};
  if (action === 'REGISTER' && one?.matter) found['matter'] = one.matter.id;
  if (['DISPATCH', 'RULE', 'REASSIGN'].includes(action) && one?.proposedUnit) found['department'] = one.proposedUnit.id;
  if (action === 'TAG') found['programme'] = one?.programme ?? null;
  if (action === 'KEEP_COMMITMENT') found['commitmentId'] = one?.commitments.find(({ keptAt }) => keptAt == null)?.id ?? null;
  if (action === 'UNLINK') found['otherId'] = one?.links[0]?.case.id ?? null;
  return found;
}

export const isActing = computed(() => busy.value != null);

/** Takes an action at once, or with what the open form says. */
export async function act(action: string, order: WorkOrder | null = null): Promise<void> {
  const one = detail.value;
  const form = formOf(action);
  if (!one || !form || busy.value) return;
  const fields = asked(form);
  const said = open.value?.action === action && open.value.order?.id === order?.id ? values.now : emptyValues(fields);
  blanks.value = missing(fields, said);
  if (blanks.value.length) {
    if (!open.value) begin(action, order);
    return;
  }
  busy.value = action;
  trouble.value = null;
  const target = order ? { workOrderId: order.id } : { caseId: one.id };
  const input = { ...target, expectedVersion: one.version, ...toInput(fields, said) };
  const outcome = await carryOut(form.mutation, input);
  busy.value = null;
  const name = zh('CaseAction', action);
  if (outcome.kind === 'done') finished(one, name, outcome.case, form);
  else if (outcome.kind === 'refused') refused(one, action, outcome.errors.map((error) => ({ ...error, message: worded(form, error) })));
  else if (outcome.kind === 'failed') trouble.value = { zh: `没有办成：${outcome.message}`, en: 'The server did not carry it out.', again: true, errors: [] };
  else
    trouble.value = {
      zh: `没有收到服务器的答复，还不知道「${name}」是否办成。请重试，不会重复办理。`,
      en: 'No answer from the server. Trying again is safe: it takes effect once.',
      again: true,
      errors: [],
    };
}

function finished(one: Detail, name: string, after: Detail | null, form: Form): void {
  close();
  if (after) {
    takeRow(after);
    show(after);
    say('done', `已${name} · ${after.number}，现为「${zh('CaseState', after.state)}」。`, 'Done.');
  } else if (form.answersCase) {
    say('done', `已${name} · ${one.number}，该事件已移出您的权限范围。`, 'Done; the case has left your scope.');
    void read();
  } else {
    say('done', `已${name} · ${one.number}。`, 'Done.');
    void read();
  }
}

function refused(one: Detail, action: string, errors: readonly UserError[]): void {
  const conflict = errors.some(({ code }) => code === 'CONFLICT');
  const stale = conflict || errors.some(({ code }) => code === 'ILLEGAL_ACTION' || code === 'NOT_FOUND');
  const sentences = errors.map(({ message }) => message).join('');
  trouble.value = conflict
    ? { zh: `没有${zh('CaseAction', action)}：该事件刚被他人更新，已为您刷新，请核对后再办理。`, en: 'Somebody else changed it first; this is how it stands now.', again: false, errors }
    : { zh: sentences, en: errors.map(({ code }) => code).join(', '), again: false, errors };
  if (stale && chosenId.value === one.id) void read();
  if (errors.some(({ code }) => code === 'MATTER_REQUIRED' || code === 'OUTCOME_REQUIRED') && !open.value) begin(action);
}
