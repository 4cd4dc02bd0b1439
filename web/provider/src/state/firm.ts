// The firm one works for, and whom it sends out: known before the first order, kept for hours without a line.
import { forms } from '@client/forms';
import { createIntents, type Answer, type Input } from '@client/intents';
import type { TypedDocument } from '@client/transport';
import { worded } from '@shared/forms';
import { say } from '@shared/notices';
import { computed, shallowRef } from 'vue';
import { FirmsDocument } from '../generated/graphql';
import type { Firm } from '../types';
import { failed, transport, trouble } from './server';

const KEY = 'gridcast.provider-firm';

export interface Choice {
  value: string;
  zh: string;
}

/** One, for nearly everybody; null while nobody has said. */
export const firms = shallowRef<readonly Firm[] | null>(null);
export const firm = computed(() => firms.value?.[0] ?? null);

let owner = '';
let turn = 0;

/** Names of people stay on the machine for whoever they were read for, and for nobody else. */
export function openFirm(who: string): void {
  if (who !== owner) {
    turn++;
    owner = who;
    firms.value = recalled();
  }
  void readFirm();
}

function recalled(): readonly Firm[] | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { owner: string; firms: readonly Firm[] } | null;
    if (kept?.owner === owner) return kept.firms;
    localStorage.removeItem(KEY);
  } catch {
    // storage is shut: it is read as soon as there is a line
  }
  return null;
}

export async function readFirm(): Promise<void> {
  const mine = ++turn;
  try {
    const { myServiceProviders } = await transport.query(FirmsDocument, {});
    if (mine !== turn) return;
    firms.value = myServiceProviders;
    trouble.value = null;
    localStorage.setItem(KEY, JSON.stringify({ owner, firms: myServiceProviders }));
  } catch (error) {
    failed(error);
  }
}

/** What a field of an action may be chosen from: who of the firm still goes out. Null where it is typed in. */
export function choicesFor(provider: string, field: string, crew: unknown): readonly Choice[] | null {
  const known = firms.value?.find(({ id }) => id === provider);
  if (field === 'crew') return (known?.crews ?? []).filter(({ isActive }) => isActive).map(asChoice);
  if (field !== 'technician') return null;
  return (known?.technicians ?? []).filter((one) => one.isActive && (!one.crew || one.crew.id === crew)).map(asChoice);
}

const asChoice = ({ id, name, code }: { id: string; name: string; code: string }): Choice => ({ value: id, zh: `${name}（${code}）` });

/** Only with a line: whoever decides about people looks at the answer. */
const { carryOut } = createIntents(async (mutation, input) => {
  const text = `mutation Keep($input: ${forms[mutation]!.input}!) { ${mutation}(input: $input) { userErrors { code message field } } }`;
  return (await transport.query(text as TypedDocument<Record<string, Answer>, { input: Input }>, { input }))[mutation]!;
});

/** Answers an empty text once it is done, or the sentence that says why not. */
export async function keepStaff(mutation: string, input: Input): Promise<string> {
  const outcome = await carryOut(mutation, input);
  if (outcome.kind === 'done') {
    await readFirm();
    say('done', '已保存。', 'Saved.');
    return '';
  }
  if (outcome.kind === 'refused') return outcome.errors.map((one) => worded(forms[mutation]!, one)).join('');
  return outcome.kind === 'failed' ? outcome.message : '没有收到答复，请检查网络后再按一次，不会重复。';
}
